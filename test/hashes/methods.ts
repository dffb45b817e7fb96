/** Every method of distillation with teachers of several kinds and several students, `bd`, and what is made of a student. */
import { type Case, runOf, words } from './case.js';
import { bundleParts, madePair, madeRun, npyParts, type Parts, recommendParts, runParts } from './layout.js';
import { pairs, pairsFor, rows } from './models.js';

const mixed = ['model/lightgcn', 'model/ease', 'model/mult-vae'];
const embedded = ['model/bpr-mf', 'model/lightgcn'];
const small = `--dim 4 ${pairsFor(8)}`;

const distil = (name: string, teachers: readonly string[], options: string): Case => ({
  name: `distill/${name}`,
  needs: teachers,
  async run(place) {
    const from = ['--teachers', teachers.map(runOf).join(','), '--name', runOf(`distill/${name}`)];
    return runParts(place.path(madeRun(await place.compute('distill', ...from, ...words(options)))));
  },
});
/** The method under its own name, then forms of it. */
const method = (name: string, teachers: readonly string[], options = ''): Case =>
  distil(name, teachers, `--method ${name} ${small} ${options}`);
const form = (name: string, of: string, teachers: readonly string[], options: string): Case =>
  distil(`${of}-${name}`, teachers, `--method ${of} ${small} ${options}`);
const student = (model: string, of: string, options: string): Case =>
  distil(`${of}-into-${model}`, mixed.slice(0, 2), `--method ${of} --student ${model} ${options}`);

const bd = (name: string, teacher: string, learner: string, options: string): Case => ({
  name: `bd/${name}`,
  needs: [teacher, learner],
  async run(place) {
    const from = ['--method', 'bd', '--teachers', runOf(teacher), '--start', runOf(learner)];
    const both = [...from, '--name', runOf(`bd/${name}`)];
    const length = words('--epochs 6 --evaluate-every 2 --seed 1');
    const made = madePair(await place.compute('distill', ...both, ...length, ...words(options)));
    return {
      ...under('teacher', runParts(place.path(made.teacher))),
      ...under('student', runParts(place.path(made.student))),
    };
  },
});

const under = (name: string, parts: Parts): Parts =>
  Object.fromEntries(Object.entries(parts).map(([part, hash]) => [`${name}/${part}`, hash]));

const continued: Case = {
  name: 'distill/continued',
  needs: ['distill/hetcomp'],
  async run(place) {
    const before = runOf('distill/hetcomp');
    await place.ask('data', 'split', 'synthetic:320x410x6500', '--keep-train', before, '--out', 'kept-split');
    const now = ['--continue', before, '--data', 'kept-split', '--method', 'none'];
    return runParts(
      place.path(madeRun(await place.compute('distill', ...now, ...words(pairs), '--name', 'continued'))),
    );
  },
};

const exported = (
  name: string,
  format: string,
  precision: string,
  read: (folder: string) => Parts,
  more: readonly string[] = [],
): Case => ({
  name: `export/${name}`,
  needs: ['distill/hetcomp'],
  async run(place) {
    const out = place.path('exported', name);
    const as = ['--format', format, '--precision', precision, '--out', out, ...more];
    const asked = more.includes('--without-users') ? ['--items', 'i001,i002'] : ['--user', 'u001'];
    await place.ask('export', runOf('distill/hetcomp'), ...as);
    const lists = format === 'bundle' ? recommendParts(await place.ask('recommend', out, ...asked)) : {};
    return { ...read(out), ...lists };
  },
});

export const methodCases: readonly Case[] = [
  method('none', ['model/bpr-mf']),
  method('rd', mixed, '--dynamic-from 3'),
  method('cd', mixed),
  method('de', embedded, '--experts 5 --anneal-epochs 8'),
  method('fitnet', embedded),
  method('freqd', embedded),
  method('htd', embedded, '--experts 5 --anneal-epochs 8'),
  method('pckd', embedded, '--period 2'),
  method('ce', mixed),
  method('rce-kd', mixed),
  method('unkd', mixed),
  method('rrd', mixed),
  method('dcd', mixed, '--period 2'),
  method('cl-drd', mixed, '--period 2'),
  method('multi-rrd', mixed),
  method('hetcomp', mixed, '--period 1'),
  method('softmax', mixed),
  form('curriculum', 'softmax', mixed, '--curriculum dynamic --period 1'),
  form('each', 'softmax', mixed, '--curriculum fixed --period 2 --lists each --remainder 50'),
  form('scores', 'cd', ['model/bpr-mf'], '--targets scores'),
  form('guided', 'cd', ['model/bpr-mf'], '--guide student --period 2'),
  form('sampling', 'rrd', mixed, '--sampling published --loss-users batch'),
  form('sampling', 'dcd', mixed, '--sampling published'),
  form('uniform', 'multi-rrd', mixed, '--weighting uniform'),
  form('at-once', 'hetcomp', mixed, '--period 2 --alpha 1'),
  form('fixed', 'hetcomp', mixed, '--period 1 --construction fixed'),
  form('by-user', 'hetcomp', mixed, '--period 1 --switch user --base kept --loss-users batch'),
  form('remainder', 'hetcomp', mixed, '--period 2 --alpha 1 --remainder 50 --importance rank+consistency'),
  form('reference', 'hetcomp', mixed, '--period 2 --formulas published --transfer overall'),
  form('last', 'hetcomp', mixed, '--period 2 --trajectory-length 1 --transfer fine'),
  form('valid', 'softmax', mixed, '--ensemble valid'),
  form('greedy', 'softmax', mixed, '--ensemble greedy'),
  form('weighted', 'hetcomp', mixed, '--period 1 --ensemble valid --importance rank+consistency'),
  form('weighted', 'rrd', mixed, '--ensemble valid'),
  form('weighted', 'multi-rrd', mixed, '--ensemble valid'),
  form('dissensus', 'hetcomp', mixed, '--period 2 --dissensus 0.3'),
  form('random', 'fitnet', embedded, '--rows random --projector-hidden 6 --normalize'),
  form('teacher', 'freqd', embedded, '--graph teacher --order 2 --projector-bias --loss-users batch'),
  form('full', 'htd', embedded, '--topology full'),
  form('published', 'htd', embedded, '--experts 5 --loss-users batch --constant-prototypes --positive-only'),
  form('experts', 'pckd', embedded, '--feature de --experts 4 --regulariser hybrid --guide teacher'),
  student('lightgcn', 'hetcomp', `${small} --period 2`),
  student('neumf', 'hetcomp', `${small} --period 2`),
  student('cml', 'hetcomp', `${small} --period 2`),
  student('lightgcn', 'rrd', small),
  student('neumf', 'rrd', small),
  student('mult-vae', 'rrd', `--dim 4 --hidden 16 ${rows}`),
  student('cdae', 'cd', `--dim 4 ${rows}`),
  student('fism', 'hetcomp', `--dim 4 ${rows} --period 2`),
  student('fism', 'softmax', `--dim 4 ${rows}`),
  distil('hetcomp-users', ['form/fism-users'], `--method hetcomp --student fism --dim 4 ${rows} --period 2`),
  continued,
  bd('bpr-mf', 'model/bpr-mf', 'distill/none', '--update 3'),
  bd('reference', 'model/bpr-mf', 'distill/none', '--update 2 --protocol published'),
  bd('cdae-bpr-mf', 'model/cdae', 'distill/none', '--update 2 --sampling top'),
  bd('lightgcn-cml', 'model/lightgcn', 'distill/hetcomp-into-cml', '--update 2 --sampling swapped'),
  bd('neumf-bpr-mf', 'model/neumf', 'distill/none', '--update 2 --direction to-student --keep last --shared-draw'),
  exported('f16', 'bundle', 'f16', bundleParts),
  exported('int16', 'bundle', 'int16', bundleParts),
  exported('int8', 'bundle', 'int8', bundleParts),
  exported('without-users', 'bundle', 'f32', bundleParts, ['--without-users']),
  exported('npy', 'npy', 'f32', npyParts),
];
