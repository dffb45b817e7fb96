/** Subject `de-loss`: the experts of DE with their selection, or with gates that are given, and all gradients. */
import { createExperts } from 'recdistill/distill';
import type { Kernels } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put } from './_machines.js';
import { readGroups, readLists, readMatrix, readNumber, readNumbers, readText } from './inputs.js';
import { nestRows } from './matrix.js';

export const deLoss: Checker = {
  // Two layers of float32 sums; a temperature of 0.1 carries ten times the rounding of the selection into gates and gradients.
  float32: { abs: 1e-4, rel: 1e-4 },
  check: (inputs) => onBoth((k) => de(k, inputs)),
};

function de(k: Kernels, inputs: Inputs): Result {
  const kind = readText(inputs, 'kind');
  if (kind !== 'full' && kind !== 'given-gates') throw new Error(`there is no kind ${kind}`);
  const [student, teacher] = [readMatrix(inputs, 'student'), readMatrix(inputs, 'teacher')];
  const given = readGroups(inputs, 'experts').map((e) => ({
    W1: readMatrix(e, 'W1'),
    b1: readNumbers(e, 'b1'),
    W2: readLists(e, 'W2'),
    b2: readNumbers(e, 'b2'),
  }));
  const size = { student: student.columns, teacher: teacher.columns, experts: given.length, rows: student.rows };
  const network = createExperts(k, size, 0, 'de');
  const { hidden } = network;
  const table = (name: string) => network.parameters.find((p) => p.name === `de.${name}`)!;
  table('w1').values.set(given.flatMap((e) => [...e.W1.values]));
  table('b1').values.set(given.flatMap((e) => e.b1));
  table('w2').values.set(Array.from({ length: teacher.columns }, (_, d) => given.flatMap((e) => e.W2[d]!)).flat());
  table('b2').values.set(given.flatMap((e) => e.b2));
  if (kind === 'full') {
    table('v').values.set(readMatrix(inputs, 'selection_W').values);
    table('c').values.set(readNumbers(inputs, 'selection_b'));
  }
  const [s, t] = [put(k, student.values), put(k, teacher.values)];
  const choice =
    kind === 'full'
      ? { noise: readMatrix(inputs, 'gumbel').values, temperature: readNumber(inputs, 'temperature') }
      : { gates: readMatrix(inputs, 'gates').values };
  const outputs = given.map((_, m) => {
    const only = Array.from({ length: student.rows * given.length }, (_, at) => (at % given.length === m ? 1 : 0));
    return nestRows(Array.from(network.forward(s, t, student.rows, { gates: only }).made), teacher.columns);
  });
  const { made, gates, selected } = network.forward(s, t, student.rows, choice);
  const parts = {
    expert_outputs: nestRows(made, teacher.columns).map((_, r) => outputs.map((rows) => rows[r]!)),
    grad_expert_outputs: nestRows(made, teacher.columns).map((row, r) =>
      given.map((_, m) =>
        row.map((x, d) => 2 * gates[r * given.length + m]! * (x - teacher.values[r * teacher.columns + d]!)),
      ),
    ),
    gates: nestRows(gates, given.length),
    selection: nestRows(selected, given.length),
  };
  const loss = network.step(s, t, student.rows, choice, 1);
  const gradient = (name: string) => Array.from(table(name).gradient);
  const wide = given.length * hidden;
  const ofExpert = (m: number) => {
    const own = (values: readonly number[], width: number) => values.slice(m * width, (m + 1) * width);
    return {
      W1: nestRows(own(gradient('w1'), hidden * student.columns), student.columns),
      b1: own(gradient('b1'), hidden),
      W2: nestRows(gradient('w2'), wide).map((row) => own(row, hidden)),
      b2: own(gradient('b2'), teacher.columns),
    };
  };
  const result = {
    ...parts,
    loss,
    grad_student: nestRows(Array.from(s), student.columns),
    grad_experts: given.map((_, m) => ofExpert(m)),
    grad_selection_W: nestRows(gradient('v'), teacher.columns),
    grad_selection_b: gradient('c'),
  };
  network.close();
  k.free(s, t);
  return result;
}
