/** Every method of distillation, each with teachers of several kinds and with students that are not inner products. */
import { type Case, runOf } from './case.js';
import { bundleParts, madePair, madeRun, npyParts, type Parts, recommendParts, runParts } from './layout.js';
import { pairs, users } from './models.js';

const mixed = ['model/lightgcn', 'model/ease', 'model/mult-vae'];
const embedded = ['model/bpr-mf', 'model/lightgcn'];
const tiny = ['--dim', '4', ...pairs, '--epochs', '8'];

const distil = (name: string, teachers: readonly string[], ...words: string[]): Case => ({
  name: `distill/${name}`,
  needs: teachers,
  run: async (place) =>
    runParts(
      place.path(
        madeRun(
          await place.compute(
            'distill',
            '--teachers',
            teachers.map(runOf).join(','),
            ...words,
            '--name',
            runOf(`distill/${name}`),
          ),
        ),
      ),
    ),
});
/** The method under its own name, then forms of it. */
const method = (name: string, teachers: readonly string[], ...words: string[]): Case =>
  distil(name, teachers, '--method', name, ...tiny, ...words);
const form = (name: string, of: string, teachers: readonly string[], ...words: string[]): Case =>
  distil(`${of}-${name}`, teachers, '--method', of, ...tiny, ...words);
const student = (model: string, of: string, ...words: string[]): Case =>
  distil(`${of}-into-${model}`, mixed.slice(0, 2), '--method', of, '--student', model, ...words);

const bd = (name: string, teacher: string, learner: string, ...words: string[]): Case => ({
  name: `bd/${name}`,
  needs: [teacher, learner],
  async run(place) {
    const start = ['--teacher', runOf(teacher), '--student', runOf(learner), '--epochs', '6', '--evaluate-every', '2'];
    const made = madePair(await place.compute('bd', ...start, '--seed', '1', ...words, '--name', runOf(`bd/${name}`)));
    return {
      ...under('teacher', runParts(place.path(made.teacher))),
      ...under('student', runParts(place.path(made.student))),
    };
  },
});

const under = (name: string, parts: Parts): Parts =>
  Object.fromEntries(Object.entries(parts).map(([part, hash]) => [`${name}/${part}`, hash]));

const exported = (name: string, format: string, precision: string, read: (folder: string) => Parts): Case => ({
  name: `export/${name}`,
  needs: ['distill/hetcomp'],
  async run(place) {
    const out = place.path('exported', name);
    await place.ask('export', runOf('distill/hetcomp'), '--format', format, '--precision', precision, '--out', out);
    return {
      ...read(out),
      ...(format === 'bundle' ? recommendParts(await place.ask('recommend', out, '--user', 'u001')) : {}),
    };
  },
});

export const methodCases: readonly Case[] = [
  method('none', ['model/bpr-mf']),
  method('rd', mixed, '--dynamic-from', '3'),
  method('cd', mixed),
  method('de', embedded, '--experts', '5', '--anneal-epochs', '8'),
  method('rrd', mixed),
  method('dcd', mixed, '--period', '2'),
  method('cl-drd', mixed, '--period', '2'),
  method('multi-rrd', mixed),
  method('hetcomp', mixed, '--period', '2', '--alpha', '1'),
  form('scores', 'cd', ['model/bpr-mf'], '--targets', 'scores'),
  form('guided', 'cd', ['model/bpr-mf'], '--guide', 'student', '--period', '2'),
  form('sampling', 'rrd', mixed, '--sampling', 'reference', '--rows', 'batch'),
  form('sampling', 'dcd', mixed, '--sampling', 'reference'),
  form('uniform', 'multi-rrd', mixed, '--weighting', 'uniform'),
  form('fixed', 'hetcomp', mixed, '--period', '1', '--construction', 'fixed'),
  form(
    'by-user',
    'hetcomp',
    mixed,
    '--period',
    '1',
    '--alpha',
    '0.9',
    '--switch',
    'user',
    '--base',
    'kept',
    '--rows',
    'batch',
  ),
  form('remainder', 'hetcomp', mixed, '--period', '2', '--remainder', '50', '--importance', 'rank+consistency'),
  form('reference', 'hetcomp', mixed, '--period', '2', '--arithmetic', 'reference', '--transfer', 'overall'),
  form('last', 'hetcomp', mixed, '--period', '2', '--trajectory-length', '1', '--transfer', 'fine'),
  student('lightgcn', 'hetcomp', ...tiny, '--period', '2'),
  student('neumf', 'hetcomp', ...tiny, '--period', '2'),
  student('cml', 'hetcomp', ...tiny, '--period', '2'),
  student('lightgcn', 'rrd', ...tiny),
  student('neumf', 'rrd', ...tiny),
  student('mult-vae', 'rrd', '--dim', '4', '--hidden', '16', ...users),
  student('cdae', 'cd', '--dim', '4', ...users),
  {
    name: 'distill/continued',
    needs: ['distill/hetcomp'],
    run: async (place) => {
      const now = ['--continue', runOf('distill/hetcomp'), '--data', 'synthetic:320x410x6500', '--method', 'none'];
      return runParts(place.path(madeRun(await place.compute('distill', ...now, ...pairs, '--name', 'continued'))));
    },
  },
  bd('bpr-mf', 'model/bpr-mf', 'distill/none', '--update', '3'),
  bd('reference', 'model/bpr-mf', 'distill/none', '--protocol', 'reference', '--update', '2'),
  bd('cdae-bpr-mf', 'model/cdae', 'distill/none', '--update', '2', '--sampling', 'top'),
  bd('lightgcn-cml', 'model/lightgcn', 'distill/hetcomp-into-cml', '--update', '2', '--sampling', 'swapped'),
  bd(
    'neumf-bpr-mf',
    'model/neumf',
    'distill/none',
    '--update',
    '2',
    '--direction',
    'to-student',
    '--keep',
    'last',
    '--shared-draw',
  ),
  exported('f16', 'bundle', 'f16', bundleParts),
  exported('int8', 'bundle', 'int8', bundleParts),
  exported('npy', 'npy', 'f32', npyParts),
];
