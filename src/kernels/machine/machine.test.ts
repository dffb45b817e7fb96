import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKernels, createReferenceKernels } from '../create.js';
import type { WasmMachine } from './machine.js';
import { createWasmMachine } from './wasm.js';

const MEMORY = 2 ** 24;

/** The compiled machine, closed after the test whatever happens. */
function withMachine(threads: number, use: (machine: WasmMachine) => void): void {
  const machine = createWasmMachine({ threads, memoryLimit: MEMORY, arithmetic: 'plain' });
  try {
    use(machine);
  } finally {
    machine.close();
  }
}

test('threads outside 1 to 64 are refused, the limits are not', () => {
  for (const threads of [0, -1, 65, 1000, 1.5, Number.NaN]) {
    assert.throws(() => createKernels({ threads, memoryLimit: MEMORY }), { code: 'bad-option' });
  }
  for (const threads of [1, 64]) {
    const kernels = createKernels({ threads, memoryLimit: MEMORY });
    assert.equal(kernels.threads, threads);
    kernels.close();
  }
});

test('arrays are zeros, are counted, and come back', () => {
  for (const kernels of [createKernels({ threads: 1, memoryLimit: MEMORY }), createReferenceKernels()]) {
    const floats = kernels.floats(1000).fill(3);
    const ints = kernels.ints(500).fill(3);
    assert.ok(kernels.bytesInUse >= floats.byteLength + ints.byteLength);
    kernels.free(floats, ints);
    assert.equal(kernels.bytesInUse, 0);
    assert.ok(kernels.bytesAtPeak >= floats.byteLength + ints.byteLength);
    assert.ok(kernels.floats(1000).every((x) => x === 0));
    assert.ok(kernels.ints(500).every((x) => x === 0));
    kernels.close();
  }
});

test('more memory than allowed is refused with the needed and the available amount', () => {
  withMachine(1, (machine) => {
    const held = machine.floats(1_000_000);
    assert.throws(() => machine.floats(4_000_000), { code: 'out-of-memory' });
    machine.free(held);
    machine.free(machine.floats(3_900_000));
  });
});

test('foreign arrays and arrays that are freed twice are refused', () => {
  withMachine(1, (machine) => {
    withMachine(1, (other) => {
      const mine = machine.floats(4);
      for (const foreign of [new Float32Array(4), new Int32Array(4), other.floats(4), new Float64Array(4)]) {
        assert.throws(() => machine.run('scale', { y: foreign, factor: 2 }, 4, 4), { code: 'misuse' });
        assert.throws(() => machine.free(foreign), { code: 'misuse' });
      }
      assert.throws(() => machine.free(mine.subarray(1)), { code: 'misuse' });
      machine.free(mine);
      assert.throws(() => machine.free(mine), { code: 'misuse' });
    });
  });
});

test('a workspace is reused until it must grow, and is then freed', () => {
  withMachine(1, (machine) => {
    const address = machine.workspace('a', 1000);
    assert.equal(machine.workspace('a', 500), address);
    assert.notEqual(machine.workspace('b', 1000), address);
    const before = machine.bytesInUse;
    machine.workspace('a', 5000);
    assert.ok(machine.bytesInUse - before < 5000, 'the old block is free again');
  });
});

test('an exception in a kernel is thrown and closes the thread pool', () => {
  for (const threads of [1, 2, 4]) {
    withMachine(threads, (machine) => {
      // Sixteen bytes before the end of the memory: the first chunk runs, all others trap, on whatever thread they are.
      const args = { y: MEMORY - 16, factor: 2 };
      assert.throws(() => machine.run('scale', args, 400, 4), { code: 'worker-failed', message: /scale/ });
      const y = machine.floats(4);
      // Also where a clean-up calls another kernel: the first failure must stay the one that is reported.
      assert.throws(() => machine.run('addScaled', { y, x: y, factor: 2 }, 4, 4), {
        code: 'worker-failed',
        message: /scale/,
      });
    });
  }
});

test('no chunk is lost or run twice in 20,000 small jobs back to back', () => {
  withMachine(4, (machine) => {
    const n = 37;
    const ones = machine.floats(n).fill(1);
    const y = machine.floats(n);
    const args = { y, x: ones, factor: 1 };
    for (let job = 1; job <= 20_000; job++) machine.run('addScaled', args, n, 1 + (job % 9));
    assert.deepEqual([...new Set(y)], [20_000]);
  });
});

test('a call may take only a part of the chunks, and the parts together are the whole', () => {
  withMachine(3, (machine) => {
    const n = 103;
    const y = machine.floats(n).fill(1);
    const args = { y, factor: 2 };
    for (const [last, first] of [
      [40, 0],
      [80, 5],
      [103, 10],
      [103, 13],
    ] as const)
      machine.run('scale', args, last, 8, first);
    assert.deepEqual([...new Set(y)], [2]);
  });
});
