/** Takes turns: in each round every side works once for a while, and a round that others disturbed is taken again. */
import { setTimeout as pause } from 'node:timers/promises';
import { type LoadMeter, QUIET_SHARE } from './quiet.js';
import { median } from './statistics.js';

export interface Side {
  /** Works until `atLeastMs` have been spent, at least once; the time of each run in ms. */
  turn(atLeastMs: number): Promise<readonly number[]>;
}

export interface TurnOptions {
  readonly rounds: number;
  readonly warmUpTurns: number;
  /** Length of a turn, so that a short piece of work is timed many times. */
  readonly turnMs: number;
  /** Pause before each turn: OpenMP threads spin on for a moment after their work. */
  readonly settleMs: number;
  readonly patienceMs: number;
  readonly meter: LoadMeter;
  say(text: string): void;
}

export interface Turns {
  /** One time (the median of its turn, ms) for each side and each round that counts. */
  readonly times: readonly (readonly number[])[];
  /** Rounds that were disturbed, whether they were replaced or had to count. */
  readonly disturbed: number;
  /** True if too few rounds were quiet, so that disturbed ones count as well. */
  readonly noisy: boolean;
}

/** Disturbed rounds are repeated, up to twice the rounds asked for; half of them quiet is the least to count alone. */
export async function takeTurns(sides: readonly Side[], options: TurnOptions): Promise<Turns> {
  const { rounds, meter } = options;
  const turn = async (side: Side): Promise<number> => {
    await pause(options.settleMs);
    return median(await side.turn(options.turnMs));
  };
  for (let k = 0; k < options.warmUpTurns; k++) for (const side of sides) await turn(side);

  const quiet: number[][] = [];
  const disturbed: number[][] = [];
  while (quiet.length < rounds && quiet.length + disturbed.length < 2 * rounds) {
    await meter.waitForQuiet(options.patienceMs);
    const mark = meter.mark();
    const round: number[] = [];
    for (const side of sides) round.push(await turn(side));
    const share = meter.othersSince(mark);
    if (share < QUIET_SHARE) quiet.push(round);
    else {
      disturbed.push(round);
      options.say(`a round was disturbed: other processes used ${Math.round(share * 100)} % of the machine`);
    }
  }
  const noisy = quiet.length * 2 < rounds;
  const counted = noisy ? [...quiet, ...disturbed] : quiet;
  return { times: sides.map((_, s) => counted.map((round) => round[s]!)), disturbed: disturbed.length, noisy };
}
