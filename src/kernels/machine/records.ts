/** Records in memory that a kernel reads. Their fields are declared in the kernels' sources. */
import { type KernelRecords, recordFields } from '../signatures.js';
import type { Passed, WasmMachine } from './machine.js';

/** Writes records of one kind into working memory. @returns the address of the first */
export function writeRecords<R extends keyof KernelRecords>(
  m: WasmMachine,
  name: string,
  kind: R,
  records: readonly Passed<KernelRecords[R]>[],
): number {
  const numbers = records.flatMap((record) => recordFields[kind].map((field) => m.numberOf(record[field])));
  const address = m.workspace(name, numbers.length * 4);
  m.intsAt(address, numbers.length).set(numbers);
  return address;
}
