/** Subject `fitnet-loss`: a projector, the loss of its rows and all gradients. */
import { createProjection } from 'recdistill/distill';
import type { Kernels } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put, putInts } from './_machines.js';
import { fillProjection, gradientsOf, NO_BATCH, optionsOf, readProjector } from './_projection.js';
import { readBoolean, readMatrix } from './inputs.js';
import { nestRows } from './matrix.js';

export const fitnetLoss: Checker = {
  // Two layers of float32 sums.
  float32: { abs: 1e-4, rel: 1e-5 },
  check: (inputs) => onBoth((k) => fitnet(k, inputs)),
};

function fitnet(k: Kernels, inputs: Inputs): Result {
  const [student, teacher] = [readMatrix(inputs, 'student'), readMatrix(inputs, 'teacher')];
  const given = readProjector(inputs);
  const dims = { student: student.columns, teacher: teacher.columns };
  const projection = createProjection(k, dims, optionsOf(given), 0, 'f');
  fillProjection(projection, given);
  const [from, targets] = [put(k, student.values), put(k, teacher.values)];
  const ids = putInts(
    k,
    Array.from({ length: student.rows }, (_, r) => r),
  );
  const losses = k.floats(student.rows);
  const made = projection.forward(from, ids, student.rows, NO_BATCH);
  const projected = nestRows(Array.from(made), teacher.columns);
  const form = readBoolean(inputs, 'normalize') ? 'unit' : 'squared';
  k.reconstruction(made, targets, ids, student.rows, teacher.columns, form, 1, losses);
  projection.backward(from, student.rows);
  const result = {
    projected,
    loss: Array.from(losses).reduce((a, b) => a + b, 0),
    grad_student: nestRows(Array.from(from), student.columns),
    ...gradientsOf(projection, given),
  };
  projection.close();
  k.free(from, targets, ids, losses);
  return result;
}
