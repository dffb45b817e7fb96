/** A data set whose hidden users take part in nothing, and these users as they are judged. */
import { fromPairs, type Interactions, itemsOf, type LoadedDataset, loadDataset } from 'recdistill/data';
import { createEvaluator, type Evaluator, evaluationOptions } from 'recdistill/eval';
import { parseOptions } from 'recdistill/options';
import { writeSplitFolder } from '../../files.js';

export const HIDDEN_EVERY = 10;

export interface Apart {
  readonly whole: LoadedDataset;
  /** Without the hidden users. */
  readonly base: LoadedDataset;
  /** Train items of each hidden user that others have, too, as indices of `base`. */
  readonly histories: Interactions;
  /** Judges lists for the hidden users on their test items. Items that none of the others has in train are left out, as in `base`. */
  readonly evaluator: Evaluator;
}

export const isHidden = (user: number): boolean => user % HIDDEN_EVERY === 0;

/** @param folder for the files of `base` */
export async function setApart(whole: LoadedDataset, folder: string): Promise<Apart> {
  const users = whole.users.ids.map((_, u) => u);
  const linesOf = (part: Interactions) =>
    users.flatMap((u) =>
      isHidden(u) ? [] : Array.from(itemsOf(part, u), (i) => `${whole.users.ids[u]}\t${whole.items.ids[i]}`),
    );
  const { train, valid, test } = whole;
  const lines = { train: linesOf(train), valid: linesOf(valid), test: linesOf(test) };
  const base = await loadDataset({ data: writeSplitFolder(folder, lines) });

  const hidden = users.filter(isHidden);
  const known = new Set(base.train.indices);
  const ofHidden = (part: Interactions): Interactions => {
    const pairs = hidden.flatMap((u, at) =>
      Array.from(itemsOf(part, u), (i) => [at, base.items.index.get(whole.items.ids[i]!)] as const),
    );
    const kept = pairs.filter((pair): pair is readonly [number, number] => pair[1] !== undefined && known.has(pair[1]));
    const side = (n: 0 | 1) => kept.map((pair) => pair[n]);
    return fromPairs(hidden.length, base.train.nItems, side(0), side(1));
  };
  const judged = { ...base, train: ofHidden(train), valid: ofHidden(valid), test: ofHidden(test) };
  const options = parseOptions(evaluationOptions, {}, 'evaluation');
  return { whole, base, histories: judged.train, evaluator: createEvaluator(judged, options) };
}
