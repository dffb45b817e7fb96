/** Options that several commands share. */
import { dataOptions } from '../../data/index.js';
import { methodOf } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { evaluationOptions } from '../../eval/index.js';
import {
  type ArithmeticWord,
  arithmeticWords,
  createKernels,
  defaultThreads,
  type Kernels,
} from '../../kernels/index.js';
import { kernelShare } from '../../memory/index.js';
import { modelOf } from '../../models/index.js';
import { choice, flag, type OptionsSchema, optionalInt, optionalText, options, text } from '../../options/options.js';
import type { Given, OptionGroup } from './_command.js';
import { readOptions } from './flags.js';

export const group = <S extends OptionsSchema>(title: string, owner: string, schema: S) =>
  ({ title, owner, schema }) satisfies OptionGroup;

/** Data options on how files are read. */
const readingNames: readonly (keyof typeof dataOptions.shape)[] = [
  ...(['format', 'user', 'item', 'time', 'rating', 'weight', 'header', 'delimiter', 'quote', 'encoding'] as const),
  ...(['decimal', 'timeUnit', 'timeFormat', 'missing', 'badRows', 'where', 'explode', 'table'] as const),
];

/** Data options, or some of them. @param flagFor the name of an option in this command */
export const dataGroupOf = <S extends OptionsSchema>(schema: S, flagFor = (name: string): string => name) => ({
  ...group('Data', 'data', schema),
  apart: { title: 'Reading files', names: readingNames.map(flagFor) },
});

export const dataGroup = dataGroupOf(dataOptions);
export const evaluationGroup = group('Evaluation', 'evaluation', evaluationOptions);

/** The same group in a command on finished runs, which recorded how their data was loaded and how they were evaluated. */
export const asRecorded = <G extends OptionGroup>(of: G) => ({ ...of, recorded: true }) as const;

/** @throws RecdistillError `unknown-name` */
export const modelGroup = (name: string): OptionGroup => group(`Options of ${name}`, name, modelOf(name).options);

/** @throws RecdistillError `unknown-name` */
export const methodGroup = (name: string): OptionGroup => group(`Options of ${name}`, name, methodOf(name).options);

/** Every command has these. */
export const outputGroup = group(
  'Output',
  'output',
  options({
    json: flag({ default: false, help: 'Print one JSON document on stdout instead of text.' }),
    quiet: flag({ default: false, help: 'Print the result and errors only.' }),
  }),
);

export const runsGroup = group(
  'Runs',
  'runs',
  options({ runs: text({ default: 'runs', help: 'Folder that holds the runs.' }) }),
);

/** For commands that make several runs. */
export const writeRunsGroup = group(
  'Runs',
  'runs',
  options({
    ...runsGroup.schema.shape,
    overwrite: flag({
      default: false,
      help: 'Replace runs whose options, data or teachers have changed. Other finished runs are reused.',
    }),
  }),
);

export const nameGroup = group(
  'Runs',
  'runs',
  options({
    name: optionalText({ help: 'Name of the run, and of its folder within the runs folder.' }),
    ...runsGroup.schema.shape,
    overwrite: flag({ default: false, help: 'Replace an existing run of this name.' }),
  }),
);

export const machineGroup = group(
  'Machine',
  'machine',
  options({
    threads: optionalInt({
      min: 1,
      max: 64,
      help: 'Number of threads. Results do not depend on it. Default: that in the environment variable RECDISTILL_THREADS, or else one per core, at most 4.',
    }),
    arithmetic: choice(arithmeticWords, {
      default: 'auto',
      help: 'Arithmetic of the kernels. fma rounds a product that is added once, which is faster. blas uses the BLAS library of the system for large products. Each gives its own bits. auto: fma if this machine has it, else plain.',
    }),
    memoryLimit: optionalText({
      help: 'Memory that the command may use in all, with Node.js, threads and data, such as 800MB or 2GB. A run that could need more is refused. Default: the memory of the machine or container; tables and scores at most 4 GB.',
    }),
  }),
);

const UNITS: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9, KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30 };

/** Bytes of a text such as `800MB`. @throws RecdistillError `bad-option` */
export function bytesOf(size: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([KMG]i?B)$/i.exec(size) ?? [];
  const bytes = Math.floor(Number(number) * (UNITS[unit?.toUpperCase() ?? ''] ?? Number.NaN));
  if (bytes >= 1e6) return bytes;
  const expected = 'a size of at least 1MB, such as 800MB or 2GB';
  return fail('bad-option', { option: '--memory-limit', owner: 'machine', given: size, expected });
}

export interface Machine {
  readonly threads: number;
  readonly memoryLimit?: number;
  readonly arithmetic: ArithmeticWord;
}

/** The values of --threads and --memory-limit. @throws RecdistillError `bad-option` */
export function machineOf(given: Given): Machine {
  const { threads, memoryLimit, arithmetic } = readOptions(machineGroup, given);
  return {
    threads: threads ?? defaultThreads(),
    arithmetic,
    ...(memoryLimit === undefined ? {} : { memoryLimit: bytesOf(memoryLimit) }),
  };
}

/** Runs `work` with kernels, and stops their threads afterwards. */
export async function withKernels<T>(machine: Machine, work: (kernels: Kernels) => Promise<T>): Promise<T> {
  const { threads, memoryLimit } = machine;
  const kernels = createKernels(
    memoryLimit === undefined
      ? machine
      : { threads, memoryLimit: Math.min(2 ** 32, kernelShare(memoryLimit, threads)) },
  );
  try {
    return await work(kernels);
  } finally {
    kernels.close();
  }
}
