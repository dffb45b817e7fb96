/**
 * Time and memory of the parts of HetComp against PyTorch, what a training adds up to, and two runs of `recdistill distill`: one is timed and
 * its memory watched, a shorter one is profiled. The teachers of these runs are those of the studies: RUNS/studies-NAME/seed0/MODEL.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from 'recdistill';
import { formatMicroseconds } from 'recdistill/report';
import { definePage } from '../../_page.js';
import { inTemporary } from '../../files.js';
import { table } from '../../tables.js';
import { TEACHERS } from '../presets.js';
import { comparedTable, type Measured, machineOf, measure, memory, type Peer, SIDE_BY_SIDE } from './bench.js';
import { peakOf } from './command.js';

/** What is done, its row and case in bench/, the form of PyTorch that the goal is set against, and the goal, where there are two one for each allocator. */
const PARTS = {
  overall: ['step, overall loss', 'hetcomp-step', 'overall', 'torch', [20, 10]],
  order: ['step, loss of order', 'hetcomp-step', 'rank', 'torch', [20, 10]],
  construction: ['construction of knowledge', 'hetcomp-update', 'dim6', 'torch-per-user', [50]],
  evaluation: ['evaluation', 'evaluate', 'dim6', 'torch-per-user', [50]],
} as const;
type Part = keyof typeof PARTS;
const ALL = ['overall', 'order', 'construction', 'evaluation'] as const satisfies readonly Part[];
const SET = 'citeulike-hetcomp-split';
const PERIOD = 10;
const EPOCHS = 300;
const PROFILED = 60;

interface CostOfSet extends Readonly<Record<Part, Measured>> {
  readonly whole: { readonly seconds: number; readonly peakMemoryBytes?: number };
  readonly profiled: { readonly shares: readonly { readonly name: string; readonly share: number }[] };
}

const usersOf = ({ work }: Measured): number => Number(/^\d+/.exec(work)?.[0]);

/** Milliseconds of a training from those of its parts: every user in every epoch, half of them by each loss; the rest once in a period. */
function total(parts: CostOfSet, msOf: (part: Part) => number): number {
  const steps = (PERIOD * usersOf(parts.construction)) / usersOf(parts.overall);
  const once = msOf('construction') + msOf('evaluation');
  return (EPOCHS / PERIOD) * ((steps * (msOf('overall') + msOf('order'))) / 2 + once);
}

/** @throws RecdistillError `usage` without the teachers */
function teachersIn(runs: string): string[] {
  const folder = join(runs, `studies-${SET.split('-')[0]}`, 'seed0');
  const teachers = TEACHERS.map((name) => join(folder, name));
  if (!teachers.every(existsSync)) {
    const hint = 'Train them with "npm run experiments -- citeulike-methods", with the same --runs.';
    fail('usage', { problem: `the six teachers are not all in ${folder}`, hint });
  }
  return teachers;
}

/** Words for a student of so many epochs. */
const distill = (teachers: readonly string[], epochs: number, runs: string): string[] => [
  ...['distill', '--teachers', teachers.join(), '--dim', '6', '--epochs', String(epochs)],
  ...['--patience', '1000', '--quiet', '--runs', runs],
];

const wholeRun = (teachers: readonly string[]): Promise<CostOfSet['whole']> =>
  inTemporary(async (runs) => {
    const peakMemoryBytes = await peakOf(distill(teachers, EPOCHS, runs));
    const { seconds } = JSON.parse(readFileSync(join(runs, 'bpr-mf-hetcomp', 'result.json'), 'utf8'));
    return { seconds, ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }) };
  });

const profile = (teachers: readonly string[]): Promise<CostOfSet['profiled']> =>
  inTemporary(async (runs) => {
    const folder = join(runs, 'profile');
    const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
    await peakOf([...distill(teachers, PROFILED, runs), '--threads', '1'], flags);
    return { shares: sharesOf(folder) };
  });

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Shares of the time on the processor by function, largest first. Waiting is left out. */
function sharesOf(folder: string): CostOfSet['profiled']['shares'] {
  const { nodes, samples, timeDeltas }: Profile = JSON.parse(
    readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8'),
  );
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const spent = new Map<string, number>();
  samples.forEach((id, at) => {
    const name = names.get(id) || '(without a name)';
    if (name !== '(idle)') spent.set(name, (spent.get(name) ?? 0) + timeDeltas[at]!);
  });
  const all = [...spent.values()].reduce((a, b) => a + b, 0);
  return [...spent]
    .map(([name, time]) => ({ name: name.replace(/^src\/kernels\//, '').replace('.as/', '/'), share: time / all }))
    .filter(({ share }) => share >= 0.01)
    .sort((a, b) => b.share - a.share);
}

const partTable = (parts: CostOfSet): string =>
  comparedTable(
    'part',
    ALL.map((part) => {
      const [name, , , plain, goal] = PARTS[part];
      return { name, measured: parts[part], plain, goal };
    }),
  );

function totals(parts: CostOfSet): string {
  const own = total(parts, (part) => parts[part].ours.medianMs);
  const theirs = ['stock', 'tuned'].flatMap((allocator) => {
    const of = (part: Part) => parts[part].peers.filter((p) => p.allocator === allocator);
    const plainOf = (part: Part): Peer => of(part).find((p) => p.name === PARTS[part][3])!;
    const forms = {
      plain: total(parts, (part) => plainOf(part).medianMs),
      fastest: total(parts, (part) => Math.min(...of(part).map((p) => p.medianMs))),
    };
    return Object.entries(forms).map(([form, ms]) => [
      ...[`PyTorch, ${form} forms, ${allocator} malloc`, 1000 * ms, ms / own],
    ]);
  });
  return table({ [`${EPOCHS} epochs, the sum of the parts`]: 'text', time: 'microseconds', x: 'ratio' }, [
    ['ours', 1000 * own],
    ...theirs,
  ]);
}

const section = ([data, parts]: readonly [string, CostOfSet]): string[] => [
  `## ${data}`,
  partTable(parts),
  ALL.map((part) => `- ${PARTS[part][0]}: ${parts[part].work}`).join('\n'),
  totals(parts),
  `A whole run of \`recdistill distill\`, ${EPOCHS} epochs, with reading the teachers and the final test: ${formatMicroseconds(1e6 * parts.whole.seconds)}, at most ${memory(parts.whole.peakMemoryBytes)}.`,
  `Where ${PROFILED} epochs on one thread spend their time (\`node --cpu-prof\`; names are files and functions of the AssemblyScript sources, or of src/):`,
  table(
    { function: 'text', share: 'share' },
    parts.profiled.shares.map(({ name, share }) => [name, share]),
  ),
];

export const hetcompCost = definePage<CostOfSet, Readonly<Record<string, CostOfSet>>>({
  name: 'hetcomp-cost',
  title: 'Time and memory of HetComp against PyTorch',
  needs: `${SET}; npm run bench -- setup; the teachers of citeulike-methods`,
  folder: 'runs',
  parts: [SET],
  async run(data, context) {
    const teachers = teachersIn(context.runs);
    const measuring = { ...context, runs: join(context.runs, 'hetcomp-cost') };
    const of = (part: Part) => measure(data, [PARTS[part][1], PARTS[part][2]], measuring);
    return {
      ...{ overall: await of('overall'), order: await of('order') },
      ...{ construction: await of('construction'), evaluation: await of('evaluation') },
      ...{ whole: await wholeRun(teachers), profiled: await profile(teachers) },
    };
  },
  gather: ([cost]) => ({ [SET]: cost! }),
  render: (numbers) => ({
    title: 'Time and memory of HetComp against PyTorch',
    about: `The parts of a training of a student of dim 6. ${SIDE_BY_SIDE}
The plain form is a step in tensor operations with \`torch.optim.Adam\`, and a loop over users for construction and evaluation;
the fastest form is the best that we could write of each. ${machineOf(Object.values(numbers)[0]!.overall)}`,
    sections: Object.entries(numbers).flatMap(section),
  }),
});
