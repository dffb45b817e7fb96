/** The WebAssembly machine: AssemblyScript SIMD kernels in float32, one shared memory, several threads. */
import { fail } from '../../errors.js';
import type { Arithmetic } from './arithmetic.js';
import { fasterPanels, kernelsFor } from './compiled.js';
import type { KernelArgument, WasmMachine } from './machine.js';
import { createAllocator } from './memory.js';
import { createPool } from './pool.js';

const PAGE = 65_536;
const MAX_PAGES = 65_536;
export const MAX_THREADS = 64;

export interface WasmOptions {
  /** 1 to 64, including the calling thread. */
  readonly threads: number;
  /** Maximum memory of the kernels in bytes. Reserved as address space at the start; physical memory is used on first access. */
  readonly memoryLimit: number;
  readonly arithmetic: Arithmetic;
  /** Columns of a panel of a matrix product. Only the time depends on it. Default: the faster number on this machine. */
  readonly panelColumns?: 8 | 16;
}

export function createWasmMachine(options: WasmOptions): WasmMachine {
  const { threads, memoryLimit, arithmetic, panelColumns = fasterPanels() } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    fail('bad-option', {
      option: 'threads',
      owner: 'kernels',
      given: threads,
      expected: `a whole number from 1 to ${MAX_THREADS}`,
      help: 'Use at most one thread per core.',
    });
  }
  const memory = reserve(Math.min(MAX_PAGES, Math.max(1, Math.ceil(memoryLimit / PAGE))));
  const buffer = memory.buffer;
  // Address 0 is not used: a kernel reads it as "not given". Nor is the last page, as 2^32 is not a 32-bit address.
  const allocator = createAllocator(PAGE, Math.min(buffer.byteLength, MAX_PAGES * PAGE - PAGE));
  const numberOf = (argument: KernelArgument): number => {
    if (typeof argument === 'number') return argument;
    if (argument === undefined) return 0;
    if (argument.buffer !== buffer || argument.BYTES_PER_ELEMENT !== 4) foreign();
    return argument.byteOffset;
  };
  const pool = createPool({ memory, panelColumns, ...kernelsFor(arithmetic) }, threads, numberOf);
  const workspaces = new Map<string, { address: number; bytes: number }>();

  const take = (bytes: number, from: 'first' | 'last' = 'first'): number => {
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw new RangeError(`cannot take ${bytes} bytes`);
    const address = from === 'first' ? allocator.take(bytes) : allocator.takeLast(bytes);
    if (address < 0) {
      fail('out-of-memory', {
        what: 'an array for the kernels',
        needed: `${Math.ceil(bytes / 1e6)} MB`,
        available: `${Math.floor((memoryLimit - allocator.inUse) / 1e6)} MB of the ${Math.floor(memoryLimit / 1e6)} MB that kernels may use`,
        hint: 'Lower dim, hidden sizes or batchSize, or raise the memory limit.',
      });
    }
    return address;
  };

  return {
    backend: 'wasm',
    precision: 'f32',
    arithmetic,
    panelColumns,
    threads,
    get bytesInUse() {
      return allocator.inUse;
    },
    get bytesAtPeak() {
      return allocator.atPeak;
    },
    floats(length) {
      return new Float32Array(buffer, take(length * 4), length).fill(0);
    },
    ints(length) {
      return new Int32Array(buffer, take(length * 4), length).fill(0);
    },
    free(...arrays) {
      for (const array of arrays) {
        if (array.buffer !== buffer || !allocator.give(array.byteOffset)) foreign();
      }
    },
    close: pool.close,
    numberOf,
    workspace(name, bytes) {
      const had = workspaces.get(name);
      if (had && had.bytes >= bytes) return had.address;
      if (had) allocator.give(had.address);
      // Between arrays it would divide the room: an array of the size of a freed one would then not fit there, and take other memory.
      const address = take(bytes, 'last');
      workspaces.set(name, { address, bytes });
      return address;
    },
    intsAt: (address, length) => new Int32Array(buffer, address, length),
    floatsAt: (address, length) => new Float32Array(buffer, address, length),
    run: pool.run,
  };
}

const foreign = (): never =>
  fail('misuse', {
    problem: 'an array passed to a kernel is not in kernel memory',
    hint: 'Allocate arrays with floats() and ints() of the same kernels, and free each once.',
  });

/** Address space for the lifetime of the machine. Growing it later would detach existing views. */
function reserve(pages: number): WebAssembly.Memory {
  for (let size = pages; ; size = Math.ceil(size / 2)) {
    try {
      return new WebAssembly.Memory({ initial: size, maximum: size, shared: true });
    } catch (error) {
      if (size <= 256)
        fail(
          'out-of-memory',
          { what: 'the kernels', needed: '16 MB', available: 'less', hint: 'Free some memory.' },
          error,
        );
    }
  }
}
