// The whole chain as a library: data -> teachers -> ensemble -> student, in memory.
import { createKernels, runPipeline } from 'recdistill';

const kernels = createKernels();
const data = { data: process.argv[2] ?? 'synthetic:400x500x9000' };
const teachers = [
  { model: 'bpr-mf', epochs: 60 },
  { model: 'lightgcn', epochs: 40 },
];
const student = { model: 'bpr-mf', dim: 6, epochs: 60, learningRate: 0.01 };
const students = [
  { ...student, method: 'none' },
  { ...student, method: 'hetcomp' },
];
const { rows } = await runPipeline({ data, teachers, students }, { kernels });
for (const row of rows)
  console.log(row.role.padEnd(8), row.name.padEnd(16), row.evaluation.means['recall@50'].toFixed(4));
kernels.close();
