/** A campaign tries many cases of one kind of fault. It is seeded and bounded, and reports every case that failed. */

export interface CampaignOptions {
  /** Seed of all random choices: the same seed tries the same cases. */
  readonly seed: number;
  /** The small number of cases that `npm test` runs. */
  readonly short: boolean;
  /** Number of random cases, for campaigns that draw them. Without it, the campaign's own number. */
  readonly cases?: number;
  /** Writes one line of progress. */
  readonly say: (line: string) => void;
}

export interface Failure {
  /** Names the case, so that it can be run again. */
  readonly name: string;
  /** What was expected and what happened. */
  readonly problem: string;
}

export interface CampaignResult {
  /** Number of cases that ran. */
  readonly tried: number;
  readonly failures: readonly Failure[];
  /** The case that took longest, with its milliseconds. */
  readonly longest: { readonly name: string; readonly milliseconds: number };
  /** Largest resident memory of a process under test in MB. */
  readonly peakMegabytes: number;
}

export interface Campaign {
  readonly name: string;
  readonly summary: string;
  run(options: CampaignOptions): Promise<CampaignResult>;
}

export interface Tally {
  /** Runs one case. It fails if `body` throws; the error's message becomes the problem. */
  try(name: string, body: () => void | Promise<void>): Promise<void>;
  /** Notes the resident memory of a process under test in MB. */
  memory(megabytes: number): void;
  result(): CampaignResult;
}

/** Counts the cases of a campaign and says how far it is after each hundredth of `total`. */
export function createTally({ say }: CampaignOptions, total?: number): Tally {
  const failures: Failure[] = [];
  let [tried, peakMegabytes, longest] = [0, 0, { name: '-', milliseconds: 0 }];
  const step = Math.max(1, Math.ceil((total ?? 1000) / 100));
  return {
    async try(name, body) {
      const began = performance.now();
      try {
        await body();
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        failures.push({ name, problem });
        say(`failed: ${name}: ${problem}`);
      }
      tried += 1;
      const milliseconds = performance.now() - began;
      if (milliseconds > longest.milliseconds) longest = { name, milliseconds };
      if (tried % step === 0) say(`${tried}${total === undefined ? '' : ` of ${total}`}, ${failures.length} failed`);
    },
    memory(megabytes) {
      peakMegabytes = Math.max(peakMegabytes, megabytes);
    },
    result: () => ({ tried, failures, longest, peakMegabytes }),
  };
}
