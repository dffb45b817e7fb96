/** Jobs and tests that the pages on bidirectional distillation share. */
import { join } from 'node:path';
import { compare } from 'recdistill/eval';
import { readHistory } from 'recdistill/report';
import { coTrain, readSavedModel, runJob } from 'recdistill/runs';
import { mean, short, shortP, spread, table } from './_tables.mjs';

export const METRICS = ['recall@10', 'ndcg@10', 'recall@50', 'ndcg@50'];
/** One held-out item a user: recall is the hit rate. */
export const TITLES = ['H@10', 'N@10', 'H@50', 'N@50'];
export const ROLES = ['teacher', 'student'];
export const DIMS = { teacher: 50, student: 5 };
const BASE = { epochs: 1000, evaluateEvery: 10, patience: 5 };
const PHASE = { epochs: 100, evaluateEvery: 10, patience: 5 };

export const slug = (text) => text.replaceAll(' ', '-');

function drawOf(text) {
  const [sampling, temperature] = text.split(' ');
  return { sampling, teacherTemperature: Number(temperature), studentTemperature: Number(temperature) };
}

export const valid = (job) => job.teacher.trajectory.checkpoints.at(-1).metrics['recall@50'];

/** Runs in folders below `runs`; what is finished is read back. `phase`: options of every phase of bd. */
export function jobs({ dataset, kernels, runs, phase = {} }) {
  const say = (seed, where) => process.stderr.write(`seed ${seed}: ${where}\n`);
  // One seed each, as two models that begin alike would learn alike.
  const own = (role, seed) => ({ ...BASE, seed: 2 * seed + (role === 'teacher' ? 0 : 1) });
  /** Best on valid of what came of one in a phase; its start, which the phase may have kept, is left out. */
  const bestAfter = (where, role) =>
    Math.max(
      ...readHistory(join(runs, where, role))
        .valid.filter(({ epoch }) => epoch > 0)
        .map(({ metrics }) => metrics['recall@50']),
    );
  /** How these stand after a phase to what they were, on valid: 1 = as before. */
  const gainOf = (where, before, roles) => mean(roles.map((role) => bestAfter(where, role) / valid(before[role].job)));
  /** Both learn on. */
  async function together(teacher, student, options, seed, where) {
    say(seed, where);
    const pair = { teacher: teacher.saved, student: student.saved };
    const folder = join(runs, where);
    return coTrain({
      dataset,
      kernels,
      method: 'bd',
      ...pair,
      options: { ...PHASE, ...phase, seed, ...options },
      folder,
    });
  }
  return {
    bestAfter,
    together,
    /**
     * Settings of the phase for a pair, one thing after the other, by what becomes of both, or of the one that it is about.
     * @param tried { start, draws, teacherLambda, studentLambda, teacherL2, studentL2 }: values, none = not tried; `draws` are a sampling and a
     *   temperature, `start` are options to begin with
     * @param trial options of every trial
     */
    async searchPhase(own, tried, at, trial = {}) {
      const found = {};
      const [teacherL2, studentL2] = ROLES.map((role) => own[role].job.result.options.l2);
      const settings = { teacherLambda: 0.5, studentLambda: 0.5, teacherL2, studentL2, ...tried.start };
      const step = async (what, values, optionsOf, roles) => {
        if (values === undefined) return;
        const result = await searched(values, async (value) => {
          const options = { ...settings, ...optionsOf(value) };
          // Named by what it is, so that no step tries again what another has tried.
          const where = slug(`${at}/bd ${Object.values(options).join(' ')}`);
          await together(own.teacher, own.student, { ...trial, ...options }, 0, where);
          return gainOf(where, own, roles);
        });
        found[`bd, ${what}`] = result;
        Object.assign(settings, optionsOf(result.best));
      };
      // Together, as what top draws does harm unless the temperature is low.
      await step('sampling and temperatures', tried.draws, drawOf, ROLES);
      await step('weight for the teacher', tried.teacherLambda, (teacherLambda) => ({ teacherLambda }), ['teacher']);
      await step('weight for the student', tried.studentLambda, (studentLambda) => ({ studentLambda }), ['student']);
      await step('l2 of the teacher', tried.teacherL2, (teacherL2) => ({ teacherL2 }), ['teacher']);
      await step('l2 of the student', tried.studentL2, (studentL2) => ({ studentL2 }), ['student']);
      return { found, settings };
    },
    /** A model that learns alone. */
    async apart(model, role, options, seed, where) {
      say(seed, where);
      const folder = join(runs, where);
      const job = await runJob({ dataset, kernels, model, options: { ...own(role, seed), ...options }, folder });
      return { job, saved: readSavedModel(folder) };
    },
    /** A student that learns from a finished teacher. */
    async oneWay(model, method, options, teacher, seed, where) {
      say(seed, where);
      const request = { dataset, kernels, model, method, teachers: [teacher.job.teacher], folder: join(runs, where) };
      return runJob({ ...request, options: { ...own('student', seed), ...options } });
    },
  };
}

/** The best of some values by `evaluator` on valid; all tries are kept for the page. A single value is taken as it is. */
export async function searched(values, evaluator) {
  if (values.length === 1) return { best: values[0], tries: [] };
  const tries = [];
  for (const value of values) tries.push({ value, valid: await evaluator(value) });
  return { best: tries.reduce((a, b) => (b.valid > a.valid ? b : a)).value, tries };
}

export const searchTable = (found) =>
  table(
    ['', 'chosen', 'tried (valid)'],
    Object.entries(found).map(([what, { best, tries }]) => [
      what,
      best,
      tries.length === 0 ? 'not searched' : tries.map((t) => `${t.value} (${short(t.valid)})`).join(', '),
    ]),
  );

/** Mean and spread over the seeds that have this row. */
export const line = (all, row) => [
  row,
  ...METRICS.map((m) => spread(all.filter((rows) => row in rows).map((rows) => rows[row].means[m]))),
];

/** Each user's mean over seeds, so that a user counts once. */
function averaged(evaluations) {
  const [first] = evaluations;
  const over = (of) => Object.fromEntries(METRICS.map((m) => [m, of(m)]));
  return {
    ...first,
    perUser: over((m) => first.perUser[m].map((_, u) => mean(evaluations.map((e) => e.perUser[m][u])))),
    means: over((m) => mean(evaluations.map((e) => e.means[m]))),
  };
}

const percent = (x) => `${x >= 0 ? '+' : ''}${(100 * x).toFixed(1)} %`;

/** A row against others, user by user, over the seeds in which all of them are. */
export function tested(all, name, others) {
  const complete = all.filter((rows) => [name, ...others].every((row) => row in rows));
  const of = (row) => averaged(complete.map((rows) => rows[row]));
  const list = others.map((other) => ({ name: other, evaluation: of(other) }));
  const found = compare(of(name), list, { metrics: ['recall@50', 'ndcg@50'], adjust: 'holm' });
  return found.map((c) => {
    // compare says how the other differs from this one; here it is the other way round.
    const ahead = c.mean === 0 ? Number.NaN : -c.difference / c.mean;
    return [
      name,
      c.name,
      TITLES[METRICS.indexOf(c.metric)],
      percent(ahead),
      c.difference === 0 ? 'no user differs' : shortP(c.adjustedP),
    ];
  });
}

export const testTable = (rows) => table(['row', 'against', 'metric', 'difference', 'adjusted p'], rows);

/** What a page keeps of its evaluations. */
export const means = (all) =>
  all.map((rows) =>
    Object.fromEntries(
      Object.entries(rows).map(([row, e]) => [row, Object.fromEntries(METRICS.map((m) => [m, e.means[m]]))]),
    ),
  );
