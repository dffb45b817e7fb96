/** Subject `htd-loss`: the groups of the selection network, and the loss of the topology with its gradient. */
import { createExperts, createTopology, largestOf, type TopologyOptions } from 'recdistill/distill';
import type { Kernels } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put } from './_machines.js';
import { readBoolean, readMatrix, readNumbers, readText } from './inputs.js';
import { nestRows } from './matrix.js';

export const htdLoss: Checker = {
  // Differences of cosines, summed over pairs.
  float32: { abs: 1e-4, rel: 1e-5 },
  check: (inputs) => onBoth((k) => (readText(inputs, 'kind') === 'assign' ? assign(k, inputs) : topology(k, inputs))),
};

function assign(k: Kernels, inputs: Inputs): Result {
  const [teacher, v, c] = [readMatrix(inputs, 'teacher'), readMatrix(inputs, 'V'), readNumbers(inputs, 'c')];
  const size = { student: 1, teacher: teacher.columns, experts: c.length, rows: teacher.rows };
  const experts = createExperts(k, size, 0, 'htd');
  const table = (name: string) => experts.parameters.find((p) => p.name === `htd.${name}`)!;
  table('v').values.set(v.values);
  table('c').values.set(c);
  const rows = put(k, teacher.values);
  const probabilities = nestRows(Array.from(experts.select(rows, teacher.rows)), c.length);
  experts.close();
  k.free(rows);
  const first = readBoolean(inputs, 'item') ? c.length : 0;
  return { probabilities, groups: probabilities.map((row) => first + largestOf(row)) };
}

function topology(k: Kernels, inputs: Inputs): Result {
  const [student, teacher] = [readMatrix(inputs, 'student'), readMatrix(inputs, 'teacher')];
  const kind = readText(inputs, 'kind') as TopologyOptions['topology'];
  const isFull = kind === 'full';
  const options = {
    topology: kind,
    constantPrototypes: !isFull && !readBoolean(inputs, 'prototype_grad'),
    positiveOnly: !isFull && readBoolean(inputs, 'positive_only'),
  };
  const own = createTopology(k, { student: student.columns, teacher: teacher.columns }, options);
  const [s, t] = [put(k, student.values), put(k, teacher.values)];
  const { entities, groups } = own.step(s, t, isFull ? [] : readNumbers(inputs, 'groups'), student.rows, 1);
  const gradient = nestRows(Array.from(s), student.columns);
  own.close();
  k.free(s, t);
  return { entity_loss: entities, group_loss: groups, loss: entities + groups, grad_student: gradient };
}
