/** Runs cases in a temporary folder, two at a time, each after those that it needs. */
import { createWorkshop } from '../cli/program.js';
import type { Case, Place } from './case.js';
import type { Json } from './digest.js';

const AT_A_TIME = 2;

export interface Outcomes {
  /** Hashes by name, such as `model/ease/rankings`. */
  readonly hashes: ReadonlyMap<string, string>;
  /** What went wrong, by the name of the case. */
  readonly failed: ReadonlyMap<string, string>;
}

/**
 * @param all every case that there is
 * @param wanted which of them are hashed; those that they need are run, too
 * @param threads of each command
 * @throws Error if a case needs one that is not there or that stands behind it
 */
export async function runCases(all: readonly Case[], wanted: (c: Case) => boolean, threads: number): Promise<Outcomes> {
  // The hashes are those of the arithmetic that every machine has.
  process.env.RECDISTILL_ARITHMETIC = 'plain';
  const workshop = createWorkshop();
  try {
    const ask = async (...words: string[]): Promise<Json> => {
      const { code, value, stderr } = await workshop.json(...words);
      if (code !== 0) throw new Error(`${words.join(' ')}: ended with ${code}\n${JSON.stringify(value)}\n${stderr}`);
      return value as Json;
    };
    const place: Place = {
      path: workshop.path,
      ask,
      compute: (...words) => ask(...words, '--threads', String(threads)),
    };
    return await runAll(needed(all, wanted), wanted, place);
  } finally {
    workshop.remove();
  }
}

/** The cases that are wanted and all that they need, in the order of `all`. */
function needed(all: readonly Case[], wanted: (c: Case) => boolean): readonly Case[] {
  const names = new Set<string>();
  for (const c of [...all].reverse())
    if (wanted(c) || names.has(c.name)) for (const name of [c.name, ...c.needs]) names.add(name);
  const found = all.filter((c) => names.has(c.name));
  const before = new Set<string>();
  for (const { name, needs } of found) {
    const missing = needs.find((n) => !before.has(n));
    if (missing !== undefined) throw new Error(`the case ${name} needs ${missing}, which does not stand before it`);
    before.add(name);
  }
  return found;
}

async function runAll(cases: readonly Case[], wanted: (c: Case) => boolean, place: Place): Promise<Outcomes> {
  const hashes = new Map<string, string>();
  const failed = new Map<string, string>();
  const ended = new Map<string, Promise<void>>();
  const waiting = [...cases];
  const runOne = async (c: Case): Promise<void> => {
    await Promise.all(c.needs.map((name) => ended.get(name)));
    const broken = c.needs.find((name) => failed.has(name));
    try {
      if (broken !== undefined) throw new Error(`it needs ${broken}, which failed`);
      const parts = await c.run(place);
      if (wanted(c)) for (const [part, hash] of Object.entries(parts)) hashes.set(`${c.name}/${part}`, hash);
    } catch (error) {
      failed.set(c.name, error instanceof Error ? error.message : String(error));
    }
  };
  // A case stands behind those that it needs, so the first of those under way never waits for one that has not begun.
  const work = async (): Promise<void> => {
    for (let c = waiting.shift(); c !== undefined; c = waiting.shift()) {
      const one = runOne(c);
      ended.set(c.name, one);
      await one;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return { hashes, failed };
}
