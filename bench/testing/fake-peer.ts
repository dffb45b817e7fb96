/**
 * A peer without Python for the tests of the harness: doubles the numbers of `x`. How it misbehaves is its first argument:
 * `crash` and `garbage` at the first run, `refuse` at prepare, `silent` never answers, `wrong` gives a wrong result,
 * `malloc` gives 2 x only if malloc is not tuned, `first` only if that was asked for in place of a run.
 */
import { createInterface } from 'node:readline';
import { readTensors, type Tensors, tensor, writeTensors } from '../tensors.js';

const manner = process.argv[2] ?? 'good';
let inputs: Tensors = {};
const done: unknown[] = [];

async function answer(message: Record<string, unknown>): Promise<object> {
  if (message.op === 'prepare') {
    if (manner === 'refuse') return { ok: false, error: 'no room' };
    inputs = await readTensors(String(message.folder));
    return { ok: true, versions: { fake: '1' } };
  }
  done.push(message.op);
  if (message.op === 'first') return { ok: true };
  if (message.op === 'run') return { ok: true, ms: Number(message.atLeastMs) > 0 ? [30, 10, 20] : [40] };
  const late = manner === 'first' && done[0] !== 'first';
  const factor = manner === 'wrong' || late || (manner === 'malloc' && process.env.MALLOC_MMAP_MAX_ === '0') ? 3 : 2;
  const doubled = Float32Array.from(inputs.x!.data, (x) => factor * x);
  await writeTensors(String(message.folder), { y: tensor(doubled) });
  return { ok: true };
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as Record<string, unknown>;
  if (message.op === 'quit') break;
  if (manner === 'silent') continue;
  if (message.op === 'run' && manner === 'crash') {
    process.stderr.write('out of luck\n');
    process.exit(3);
  }
  const reply = message.op === 'run' && manner === 'garbage' ? 'hello' : JSON.stringify(await answer(message));
  process.stdout.write(`${reply}\n`);
}
