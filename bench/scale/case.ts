/** Measures one work at one size in a process of its own, and prints one JSON document: `case.js WORK SIZE THREADS BUDGET`. */
import { peakMemory } from '../proc.js';
import { sizeOf } from './made.js';
import { works } from './work.js';

const [name = '', size = '', threads = '1', budget = '60'] = process.argv.slice(2);
const work = Object.hasOwn(works, name) ? works[name] : undefined;
if (!work) throw new TypeError(`no work ${name}; known: ${Object.keys(works).join(', ')}`);
let outcome: object;
try {
  outcome = await work.run(sizeOf(size), Number(threads), Number(budget));
} catch (error) {
  // What does not fit is a result, too.
  outcome = { failed: error instanceof Error ? error.message : String(error) };
}
process.stdout.write(
  `${JSON.stringify({ work: name, size, unit: work.unit, ...outcome, peakBytes: peakMemory(process.pid) })}\n`,
);
// Threads of the kernels would keep the process.
process.exit(0);
