/** The process under test: reads one copy after another and tells what came of it. */
import { createHash } from 'node:crypto';
import { RecdistillError } from 'recdistill';
import { StudentError } from 'recdistill/student';
import { makeCorpus } from './corpus.js';
import { all } from './kinds.js';

export interface Order {
  /** Index in `all`. Without it, the corpus is made in `folder`. */
  readonly kind?: number;
  readonly folder: string;
}

export interface Told {
  /** SHA-256 of what was read. */
  readonly read?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
  /** An error that no user should see, with its stack. */
  readonly bug?: string;
  /** Largest resident memory of the process so far in MB. */
  readonly megabytes: number;
}

/** The order of the keys of an object says nothing. */
const plain = (_: string, value: unknown): unknown => {
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return typeof value === 'function' ? undefined : value;
};

async function carriedOut({ kind, folder }: Order): Promise<Omit<Told, 'megabytes'>> {
  try {
    if (kind === undefined) {
      await makeCorpus(folder);
      return {};
    }
    const value = await all[kind]!.read(folder);
    return { read: createHash('sha256').update(JSON.stringify(value, plain)).digest('hex') };
  } catch (error) {
    if (!(error instanceof RecdistillError || error instanceof StudentError))
      return { bug: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    const { code, message, hint } = error;
    return { error: { code, message, hint } };
  }
}

process.on('message', async (order: Order) => {
  const told: Told = { ...(await carriedOut(order)), megabytes: process.resourceUsage().maxRSS / 1024 };
  process.send!(told);
});
process.on('disconnect', () => process.exit());
