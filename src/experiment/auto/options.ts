/** Options of `auto`: what the user asks for, as text, and its values. */
import { z } from 'zod';
import { flag, int, type OptionsOf, options, parseOptions, text } from '../../options/index.js';

const TIME = /^(\d+(?:\.\d+)?)\s*(s|m|h)$/;
const SHARE = /^(100|\d{1,2}(?:\.\d+)?)\s*%$/;
const SIZE = /^(\d+(?:\.\d+)?)\s*(B|kB|MB|GB)$/i;
const LATENCY = /^(\d+(?:\.\d+)?)\s*(ns|us|ms|s)$/;

export const autoOptions = options({
  timeBudget: z
    .string()
    .regex(TIME, 'a time such as 90s, 15m or 1h')
    .default('15m')
    .describe(
      'Work that may be done: a time such as 90s, 15m or 1h on a machine with two cores. It is spent by estimates, not by the clock, so that two runs do the same.',
    ),
  keep: z
    .string()
    .regex(SHARE, 'a share such as 95%, at most 100%')
    .default('95%')
    .describe(
      'Share of the value of the best ensemble on valid that the chosen model must keep, such as 95%. The smallest model that keeps it is chosen.',
    ),
  maxSize: z
    .string()
    .regex(SIZE, 'a size such as 300kB or 1MB')
    .optional()
    .describe('Most bytes of the bundle of the chosen model, such as 300kB or 1MB. Default: no limit.'),
  maxLatency: z
    .string()
    .regex(LATENCY, 'a time such as 50us or 1ms')
    .optional()
    .describe(
      'Most time for the top 10 of a user on one thread, such as 50us or 1ms, as measured on this machine. Default: no limit.',
    ),
  final: flag({
    default: true,
    help: 'Train the chosen model, and if it is a student its teachers, again on all interactions, as the run NAME/RUNG/MODEL/final. Nothing is evaluated by it. Its estimate is part of the budget.',
  }),
  seed: int({ default: 0, min: 0, help: 'Seed of the models and of the searches.' }),
  name: text({ default: 'auto', help: 'Folder of the runs, below the runs folder.' }),
});

export type AutoOptions = OptionsOf<typeof autoOptions>;

/** The options as numbers. */
export interface AutoLimits {
  /** Seconds of estimated work. */
  readonly budget: number;
  /** In [0, 1]. */
  readonly keep: number;
  /** Bytes of the bundle; absent: no limit. */
  readonly maxBytes?: number;
  /** Microseconds; absent: no limit. */
  readonly maxMicroseconds?: number;
}

const UNITS: Readonly<Record<string, number>> = {
  ...{ s: 1, m: 60, h: 3600 },
  ...{ b: 1, kb: 1e3, mb: 1e6, gb: 1e9 },
};

const MICROSECONDS: Readonly<Record<string, number>> = { ns: 1e-3, us: 1, ms: 1e3, s: 1e6 };

/** @throws RecdistillError `unknown-option`, `bad-option` */
export const checkAuto = (input: unknown): AutoOptions => parseOptions(autoOptions, input, 'auto');

/** @param o checked options */
export function limitsOf({ timeBudget, keep, maxSize, maxLatency }: AutoOptions): AutoLimits {
  return {
    budget: quantity(timeBudget, TIME),
    keep: Number(SHARE.exec(keep)![1]) / 100,
    ...(maxSize === undefined ? {} : { maxBytes: quantity(maxSize, SIZE) }),
    ...(maxLatency === undefined ? {} : { maxMicroseconds: quantity(maxLatency, LATENCY, MICROSECONDS) }),
  };
}

function quantity(given: string, form: RegExp, units = UNITS): number {
  const [, number = '', unit = ''] = form.exec(given)!;
  return Number(number) * units[unit.toLowerCase()]!;
}
