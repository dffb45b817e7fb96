/** Subject `hetcomp-debias`: lists by consensus and dissensus of the teachers, and lists re-ranked by dissensus. */
import { createAgreement, reranked, rerankValues, topByDissensus } from 'recdistill/distill';
import type { Checker, Inputs, Result } from './_checker.js';
import { readLists, readNumber, readNumbers, readText } from './inputs.js';

export const hetcompDebias: Checker = {
  check: (inputs) => {
    const kind = readText(inputs, 'kind');
    if (kind === 'dissensus-list') return { float64: list(inputs) };
    if (kind === 'dissensus-rerank') return { float64: rerank(inputs) };
    throw new Error(`there is no kind ${kind}`);
  },
};

function list(inputs: Inputs): Result {
  const nItems = readNumber(inputs, 'n_items');
  const o = { importance: 'rank', ...{ temperature: readNumber(inputs, 'temperature') } } as const;
  const agreementOf = createAgreement(nItems, { ...o, cutoff: readNumber(inputs, 'cutoff') });
  const rankings = readLists(inputs, 'rankings').map((ids) => ({ list: Int32Array.from(ids) }));
  const found = agreementOf(rankings, Int32Array.from(readNumbers(inputs, 'train')));
  const byItem = (values: Float64Array) => {
    const all = new Float64Array(nItems);
    found.items.forEach((item, at) => void all.fill(values[at]!, item, item + 1));
    return all;
  };
  const top = [...topByDissensus(found, readNumber(inputs, 'delta'), readNumber(inputs, 'K'))];
  // Lists of students are not filled; the golden ones are, by ascending id.
  const train = new Set(readNumbers(inputs, 'train'));
  for (let item = 0; item < nItems && top.length < readNumber(inputs, 'K'); item++)
    if (!train.has(item) && !top.includes(item)) top.push(item);
  return { consensus: byItem(found.consensus), dissensus: byItem(found.dissensus), top };
}

function rerank(inputs: Inputs): Result {
  const top = Int32Array.from(readNumbers(inputs, 'student_top'));
  const all = readNumbers(inputs, 'dissensus');
  const dissensus = Float64Array.from(top, (item) => all[item]!);
  const o = { eta: readNumber(inputs, 'eta'), temperature: readNumber(inputs, 'temperature') };
  return { values: rerankValues(dissensus, o), top: reranked(top, dissensus, o).subarray(0, readNumber(inputs, 'K')) };
}
