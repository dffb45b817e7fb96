/** Subject `hetcomp-dkc`: dynamic knowledge construction, call after call, in the formulas of the official code. */
import type { Trajectory } from 'recdistill/data';
import { advance, allReached, type KnowledgeOptions, meanSelected, newSelection, threshold } from 'recdistill/distill';
import type { Checker, Inputs, Json } from './_checker.js';
import { rankingsOf } from './_rankings.js';
import { readBoolean, readLists, readNumber } from './inputs.js';
import { nestRows } from './matrix.js';

export const hetcompDkc: Checker = {
  check: (inputs) => {
    const calls = readList(inputs, 'calls') as readonly Inputs[];
    const nItems = readLists(calls[0]!, 'student_rankings')[0]!.length;
    const train = readLists(inputs, 'train').map((list) => new Set(list));
    const teachers = readList(inputs, 'permutations').map((checkpoints, x) => teacherOf(checkpoints, x, nItems));
    const knowledge: KnowledgeOptions = {
      discrepancyK: readNumber(inputs, 'k'),
      alpha: readNumber(inputs, 'alpha'),
      period: readNumber(inputs, 'p'),
      decay: 0.995,
      formulas: 'published',
    };
    const selection = newSelection(train.length, teachers.length);
    return {
      float64: {
        calls: calls.map((call) => {
          const epoch = readNumber(call, 'epoch');
          const own = readLists(call, 'student_rankings').map((list, u) => list.filter((i) => !train[u]!.has(i)));
          selection.started = !readBoolean(call, 'first');
          advance(selection, rankingsOf(own, nItems), teachers, knowledge, epoch);
          return {
            selected: nestRows(selection.selected, teachers.length),
            stored_distance: nestRows(selection.distance, teachers.length),
            threshold: threshold(knowledge, epoch),
            mean_selected_per_teacher_rounded2: meanSelected(selection, teachers.length, 'published'),
            fine_grained_phase_from_now: allReached(selection, teachers, 'published'),
          };
        }),
      },
    };
  },
};

function readList(inputs: Inputs, key: string): readonly Json[] {
  const value = inputs[key];
  if (!Array.isArray(value)) throw new Error(`inputs.${key} is no list`);
  return value as readonly Json[];
}

function teacherOf(checkpoints: Json, x: number, nItems: number): Trajectory {
  return {
    teacher: `teacher ${x}`,
    dataFingerprint: '',
    checkpoints: (checkpoints as readonly Json[]).map((_, epoch) => ({
      epoch,
      metrics: {},
      rankings: rankingsOf(readLists({ checkpoints: (checkpoints as readonly Json[])[epoch]! }, 'checkpoints'), nItems),
    })),
  };
}
