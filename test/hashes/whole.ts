/** Whole commands over several runs: judging, rankings to files and back, searches, pipelines, studies. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Case, type Place, runOf, words } from './case.js';
import { digestBytes, digestRows } from './digest.js';
import {
  autoParts,
  compareParts,
  evaluateParts,
  madeRun,
  madeTeachers,
  pipelineParts,
  recommendParts,
  runParts,
  studyParts,
  tuneParts,
} from './layout.js';
import { data, pairs } from './models.js';

const judged = ['model/ease', 'model/bpr-mf', 'distill/none', 'distill/hetcomp'];
const names = judged.map(runOf);
/** Pieces of YAML. */
const quick = 'epochs: 6, evaluateEvery: 2, batchSize: 500, learningRate: 0.01';
const source = `data: { data: 'synthetic:300x400x6000' }`;
const teachers = `teachers: [{ model: bpr-mf, dim: 8, ${quick} }, { model: mult-vae, dim: 8, hidden: 24, epochs: 4, evaluateEvery: 2 }, { model: ease }]`;
const student = `student: { model: bpr-mf, dim: 4, ${quick} }`;
const students = (...taught: string[]): string =>
  `students: [${['method: none, name: alone', ...taught].map((t) => `{ model: bpr-mf, dim: 4, ${quick}, ${t} }`).join(', ')}]`;

const recommend = (name: string, options: string): Case => ({
  name: `recommend/${name}`,
  needs: ['distill/hetcomp'],
  run: async (place) => recommendParts(await place.ask('recommend', runOf('distill/hetcomp'), ...words(options))),
});

const compare = (name: string, options: string): Case => ({
  name: `compare/${name}`,
  needs: judged,
  run: async (place) => compareParts(await place.ask('compare', ...names, ...words(options))),
});

const tune = (name: string, options: string): Case => ({
  name: `tune/${name}`,
  needs: [],
  async run(place) {
    const search = words(`bpr-mf ease ${data} --seed 1 --name ${runOf(`tune/${name}`)} ${options}`);
    return tuneParts(await place.compute('tune', ...search));
  },
});

function yaml(place: Place, name: string, ...lines: string[]): string {
  const file = place.path(`${name}.yaml`);
  writeFileSync(file, `name: ${name}\n${source}\n${lines.join('\n')}\n`);
  return file;
}

/** A study runs its rows in one folder for each seed; its tables hold what counts of them. */
const study = (name: string, ...lines: string[]): Case => ({
  name: `study/${name}`,
  needs: [],
  run: async (place) => studyParts(await place.compute('study', yaml(place, `study-${name}`, ...lines))),
});

export const wholeCases: readonly Case[] = [
  {
    name: 'evaluate/runs',
    needs: judged,
    async run(place) {
      const values = place.path('per-user.tsv');
      const answer = await place.ask('evaluate', ...names, '--at', '5,20', '--per-user', values);
      return { ...evaluateParts(answer), 'per-user': digestBytes(readFileSync(values)) };
    },
  },
  {
    name: 'evaluate/hidden',
    needs: ['form/bpr-mf-hidden'],
    run: async (place) => evaluateParts(await place.ask('evaluate', runOf('form/bpr-mf-hidden'), '--part', 'hidden')),
  },
  compare('t-holm', `--against ${names[2]}`),
  compare('wilcoxon-bh', '--test wilcoxon --adjust bh --metrics ndcg,mrr,map,coverage'),
  recommend('user', '--user u002 --k 20'),
  recommend('seen', '--user u002 --include-seen'),
  recommend('newcomer', '--items i001,i002,i003'),
  {
    name: 'rankings/file',
    needs: judged,
    async run(place) {
      const file = place.path('lists.csv');
      await place.ask('rankings', ...names, '--out', file);
      return { rows: digestRows(readFileSync(file, 'utf8').split('\n')) };
    },
  },
  {
    name: 'import/rankings',
    needs: ['rankings/file'],
    async run(place) {
      const options = words(`--like ${runOf('model/ease')} --name theirs`);
      const made = madeTeachers(await place.ask('import', 'lists.csv', ...options));
      return Object.fromEntries(
        made.flatMap(([name, folder]) =>
          Object.entries(runParts(place.path(folder))).map(([part, hash]) => [`${name}/${part}`, hash]),
        ),
      );
    },
  },
  {
    name: 'import/taught',
    needs: ['import/rankings'],
    async run(place) {
      const options = words(`--teachers theirs --dim 4 ${pairs} --period 2 --name taught-by-theirs`);
      const made = await place.compute('distill', ...options);
      return runParts(place.path(madeRun(made)));
    },
  },
  {
    name: 'final/taught',
    needs: ['model/bpr-mf', 'model/ease'],
    async run(place) {
      const teachers = [runOf('model/bpr-mf'), runOf('model/ease')].join(',');
      const options = words(`--dim 4 ${pairs} --period 2 --name final-taught --final`);
      const folder = madeRun(await place.compute('distill', '--teachers', teachers, ...options));
      const teacher = place.path('runs', runOf('model/bpr-mf'), 'final');
      return {
        ...runParts(place.path(folder, 'final')),
        ...Object.fromEntries(Object.entries(runParts(teacher)).map(([part, hash]) => [`teacher/${part}`, hash])),
      };
    },
  },
  {
    name: 'split/hash',
    needs: [],
    run: async (place) =>
      runParts(
        place.path(madeRun(await place.compute('train', 'ease', ...words(`${data} --split hash --name by-hash`)))),
      ),
  },
  tune('tpe', '--trials 9 --dim 4 --epochs 9 --evaluate-every 1 --min-epochs 2'),
  tune('random', '--trials 4 --epochs 3 --evaluate-every 1 --strategy random --no-halving'),
  {
    name: 'pipeline/run',
    needs: [],
    async run(place) {
      const file = yaml(
        place,
        'pipeline-run',
        'evaluation: { at: [5, 20], selectBy: recall@20 }',
        'setup: generalization',
        'baselines: [{ model: top-pop }, { model: item-knn }]',
        teachers,
        students('name: taught, period: 2'),
      );
      return pipelineParts(await place.compute('run', file), place.path);
    },
  },
  {
    name: 'pipeline/external',
    needs: ['rankings/file'],
    async run(place) {
      const file = yaml(
        place,
        'pipeline-external',
        `teachers: [{ rankings: lists.csv, name: theirs }, { model: bpr-mf, dim: 8, ${quick} }]`,
        students('method: rrd, name: taught'),
      );
      return pipelineParts(await place.compute('run', file), place.path);
    },
  },
  study(
    'entries',
    teachers,
    student,
    'entries: [{ method: none }, { method: hetcomp, period: 2 }, { method: rrd, name: one, teachers: [ease] }, { method: hetcomp, name: alike, ensemble: homogeneous }]',
    'seeds: [0, 1]',
    'tune: { trials: 2 }',
  ),
  // Every method by which finished teachers teach, as `entries: methods` had them before bd was among these.
  study(
    'methods',
    teachers,
    student,
    'entries: [{ method: none }, { method: rd }, { method: cd }, { method: de, teachers: [bpr-mf] }, { method: rrd }, { method: dcd }, { method: cl-drd }, { method: multi-rrd }, { method: hetcomp }]',
    'seeds: [3]',
  ),
  {
    name: 'auto/three-rungs',
    needs: [],
    run: async (place) =>
      autoParts(
        await place.compute('auto', 'synthetic:100x120x1500', '--time-budget', '16s', '--name', 'auto'),
        place.path,
      ),
  },
];
