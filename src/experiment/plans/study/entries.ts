/** The entries of a study: a given list, every method, or an ablation of HetComp. */
import { methodOf, methodRegistry } from '../../../distill/index.js';
import { fail } from '../../../errors.js';
import { modelOf } from '../../../models/index.js';
import { checkEnsemble } from '../../../runs/ensemble.js';
import { capabilitiesOf, TEACHER_WORDS } from '../../../runs/method.js';
import type { StudyEntry, StudyOptions } from './options.js';

export interface StudyEntries {
  readonly entries: readonly StudyEntry[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/** @throws RecdistillError `unknown-name`, `bad-plan` for two entries of one name, or if no entry is called `against` */
export function entriesOf(o: StudyOptions): StudyEntries {
  const found = o.entries === 'methods' ? everyMethod(o) : { entries: listed(o), notes: [] };
  const names = found.entries.map((e) => e.name);
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (twice >= 0)
    fail('bad-plan', {
      problem: `two entries of the study are called "${names[twice]}"`,
      hint: 'Give one of them another "name:".',
      path: ['entries', twice],
    });
  if (!names.includes(o.against)) {
    fail('bad-plan', {
      problem: `no entry of the study is called "${o.against}", which "against" names`,
      hint: `Set "against:" to one of ${names.join(', ')}.`,
      path: ['against'],
    });
  }
  return found;
}

function listed(o: StudyOptions): StudyEntry[] {
  if (o.entries === 'ablation') return ablation(o);
  return (o.entries as Exclude<StudyOptions['entries'], string>).map(
    ({ name, method, teachers, ensemble, ...options }) => {
      const members = ensemble === 'homogeneous' ? 'homogeneous' : 'given';
      const weights = ensemble === 'homogeneous' || ensemble === 'given' ? {} : { weights: ensemble };
      checkEnsemble(weights.weights, methodOf(method));
      return {
        name: name ?? method,
        method,
        ...(teachers ? { teachers } : {}),
        ensemble: members,
        ...weights,
        options,
      };
    },
  );
}

/** Every method that can teach the student, with the teachers that have what the method needs. */
function everyMethod({ student, teachers }: StudyOptions): StudyEntries {
  const model = modelOf(student.model);
  const notes: string[] = [];
  const entries = methodRegistry.all().flatMap(({ name, needs }): StudyEntry[] => {
    const lacks = needs.student.find((c) => !model.capabilities.includes(c));
    if (lacks) {
      notes.push(`${name} is left out: it needs a student with ${lacks}, which ${model.name} does not have.`);
      return [];
    }
    const whole = { name, method: name, ensemble: 'given' as const, options: {} };
    if (needs.teacher.length === 0) return [whole];
    const able = teachers.filter(({ model: of }) => {
      const has = capabilitiesOf(of === undefined ? undefined : modelOf(of));
      return needs.teacher.every((c) => has.includes(c));
    });
    const names = able.map((t) => t.name ?? t.model!);
    const wanted = needs.teacher.map((c) => TEACHER_WORDS[c]).join(' and ');
    if (able.length === 0) notes.push(`${name} is left out: none of the teachers has ${wanted}.`);
    if (able.length === 0) return [];
    if (needs.form === 'co-trained') {
      notes.push(
        `${name} trains together with one teacher: the best on valid of those that have ${wanted} (${names.join(', ')}).`,
      );
      return [{ ...whole, teachers: names, best: true }];
    }
    if (able.length < teachers.length)
      notes.push(`${name} learns only from the teachers that have ${wanted}: ${names.join(', ')}.`);
    return [{ ...whole, teachers: names }];
  });
  return { entries, notes };
}

const HETCOMP = 'hetcomp';

/** HetComp, and entries with one change each. A change that equals the options of the study is left out. */
function ablation(o: StudyOptions): StudyEntry[] {
  const own = { ...methodOf(HETCOMP).options.parse({}), ...o.methods[HETCOMP] } as Record<string, unknown>;
  const change = (name: string, options: StudyEntry['options'], more: Partial<StudyEntry> = {}): StudyEntry[] =>
    Object.entries(options).some(([key, value]) => own[key] !== value) || more.teachers || more.ensemble
      ? [{ name, method: HETCOMP, ensemble: 'given', options, ...more }]
      : [];
  const each = (name: string, option: string, values: readonly number[]) =>
    values.flatMap((value) => change(`${name}-${value}`, { [option]: value }));
  const names = o.teachers.map((t) => t.name ?? t.model).filter((name) => name !== undefined);
  return [
    { name: HETCOMP, method: HETCOMP, ensemble: 'given', options: {} },
    ...change('without-dkc', { construction: 'fixed' }),
    ...change('without-akt', { transfer: 'overall' }),
    ...change('order-throughout', { transfer: 'fine' }),
    ...change('without-trajectories', { trajectoryLength: 1 }),
    ...change('switch-by-user', { switch: 'user' }),
    ...change('with-consistency', { importance: 'rank+consistency' }),
    ...change('base-kept', { base: 'kept' }),
    ...each(
      'checkpoints',
      'trajectoryLength',
      Array.from({ length: Math.max(0, o.checkpoints - 2) }, (_, n) => n + 2),
    ),
    ...each('alpha', 'alpha', [1.01, 1.05, 1.2]),
    ...each('period', 'period', [5, 10, 20]),
    ...each('top-k', 'topK', [20, 50, 100]),
    ...each('temperature', 'temperature', [10, 40, 100]),
    ...(names.length > 1 ? names.flatMap((name) => change(`single-${name}`, {}, { teachers: [name] })) : []),
    ...change('homogeneous', {}, { ensemble: 'homogeneous' }),
  ];
}
