import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ALIGNMENT, createAllocator } from './memory.js';

const END = 64 * 1024;

/** Take so many bytes, or give back the block at this place of the list of blocks held. */
const actions = fc.array(
  fc.oneof(fc.record({ take: fc.integer({ min: 0, max: 9000 }), last: fc.boolean() }), fc.record({ give: fc.nat(50) })),
  { maxLength: 120 },
);

test('blocks never overlap, are aligned, within the memory and large enough', () => {
  fc.assert(
    fc.property(actions, fc.integer({ min: 0, max: 1000 }), (list, begin) => {
      const memory = createAllocator(begin, END);
      const held: { address: number; size: number }[] = [];
      let peak = 0;
      for (const action of list) {
        if ('give' in action) {
          const [block] = held.splice(action.give % Math.max(1, held.length), 1);
          if (block) {
            assert.ok(memory.give(block.address));
            assert.ok(!memory.give(block.address), 'a block can be given back once');
          }
        } else {
          const address = action.last ? memory.takeLast(action.take) : memory.take(action.take);
          if (address < 0) continue;
          const size = memory.sizeOf(address);
          assert.equal(address % ALIGNMENT, 0);
          assert.ok(size >= action.take && size > 0 && address >= begin && address + size <= END);
          for (const other of held) {
            assert.ok(address + size <= other.address || other.address + other.size <= address, 'blocks overlap');
          }
          held.push({ address, size });
        }
        const inUse = held.reduce((sum, block) => sum + block.size, 0);
        peak = Math.max(peak, inUse);
        assert.equal(memory.inUse, inUse);
        assert.equal(memory.atPeak, peak);
      }
      // All given back, in any order, is one gap again: everything can be taken at once.
      for (const block of held) memory.give(block.address);
      assert.equal(memory.inUse, 0);
      const first = Math.ceil(begin / ALIGNMENT) * ALIGNMENT;
      assert.equal(memory.take(END - first), first);
      assert.equal(memory.take(1), -1);
    }),
  );
});

test('a request that fits no gap is refused and changes nothing', () => {
  const memory = createAllocator(0, 1024);
  const [a, b] = [memory.take(256), memory.take(256)];
  assert.equal(memory.take(513), -1);
  assert.equal(memory.inUse, 512);
  memory.give(a);
  // 256 free before b and 512 after it, but no 768 in one piece.
  assert.equal(memory.take(768), -1);
  memory.give(b);
  assert.equal(memory.take(1024), 0);
  assert.equal(memory.sizeOf(64), 0);
});

test('a block at the end of the memory leaves the rest in one piece', () => {
  const memory = createAllocator(0, 1000);
  const [first, last] = [memory.take(256), memory.takeLast(64)];
  assert.deepEqual([first, last], [0, 896]);
  memory.give(first);
  assert.equal(memory.take(896), 0);
  assert.equal(memory.takeLast(64), -1);
});
