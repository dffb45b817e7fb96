/**
 * Damages files of every kind and reads them. A damaged file has to be refused with an error that names it, or read as what it
 * now is; a file with a checksum must not be read as anything else than before.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stream } from 'recdistill/math';
import { type Campaign, createTally } from '../_campaign.js';
import { all, type Kind } from './kinds.js';
import { drawsOf, mutated } from './mutations.js';
import type { Order, Told } from './reader.js';

/** Bounds of one case. The damaged files have at most a few MB. */
const SECONDS = 30;
const MEGABYTES = 1024;

const [SHORT, WHOLE] = [200, 10_000];

export const fuzz: Campaign = {
  name: 'fuzz',
  summary: 'damaged files of every kind are refused with their name, in little time and memory',
  async run(options) {
    const cases = options.cases ?? (options.short ? SHORT : WHOLE);
    const tally = createTally(options, cases);
    const root = mkdtempSync(join(tmpdir(), 'fuzz-'));
    const reader = createReader(root);
    try {
      const corpus = join(root, 'corpus');
      const made = await reader.ask({ folder: corpus });
      if (made.bug ?? made.error) throw new Error(`the corpus cannot be made: ${made.bug ?? made.error!.message}`);
      /** What the sound file of a kind is read as. */
      const sound = async (number: number): Promise<string> => {
        const { folder, file } = all[number]!;
        const told = await reader.ask({ kind: number, folder: copied(corpus, folder, root) });
        if (told.read === undefined)
          throw new Error(`${folder}/${file} cannot be read: ${told.bug ?? told.error?.message}`);
        return told.read;
      };
      const before = new Map<number, string>();
      const key = stream(options.seed, 'fuzz');
      for (let at = 0; at < cases; at++) {
        const draw = drawsOf(key, at);
        const number = at % all.length;
        const kind = all[number]!;
        const folder = copied(corpus, kind.folder, root);
        const path = join(folder, nameIn(folder, kind.file));
        const bytes = readFileSync(path);
        const damage = mutated(bytes, draw);
        if (damage.bytes.equals(bytes)) continue;
        writeFileSync(path, damage.bytes);
        const name = `${at}: ${kind.folder}/${kind.file} ${damage.name}`;
        await tally.try(name, async () => {
          const told = await reader.ask({ kind: number, folder });
          tally.memory(told.megabytes);
          const problem = problemOf(kind, told, path);
          if (problem !== undefined) throw new Error(problem);
          if (!kind.sealed || told.read === undefined) return;
          if (!before.has(number)) before.set(number, await sound(number));
          if (told.read !== before.get(number)) throw new Error('read as something else, although it has a checksum');
        });
      }
    } finally {
      reader.close();
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    }
    return tally.result();
  },
};

/** `LAST` is the last file of its folder by name: the newest checkpoint. */
function nameIn(folder: string, file: string): string {
  if (!file.endsWith('/LAST')) return file;
  const inner = file.slice(0, -'/LAST'.length);
  return `${inner}/${readdirSync(join(folder, inner)).sort().at(-1)!}`;
}

function copied(corpus: string, folder: string, root: string): string {
  const copy = join(root, 'case', folder);
  rmSync(join(root, 'case'), { recursive: true, force: true, maxRetries: 3 });
  cpSync(join(corpus, folder), copy, { recursive: true });
  return copy;
}

/** Words of the engine that reads data, and of the language, which say nothing to users. */
const RAW =
  /\b(?:Binder|Catalog|Conversion|Invalid Input|INTERNAL|IO|Parser|Serialization|Type|Range|Syntax) ?Error\b|read_csv|read_parquet|read_json|zstd_|of undefined|\[object|recdistill-[\w-]+\/copy/;

function problemOf(kind: Kind, { error, bug, megabytes }: Told, path: string): string | undefined {
  if (bug !== undefined) return `internal error: ${bug.split('\n').slice(0, 6).join(' | ')}`;
  if (megabytes > MEGABYTES) return `${Math.round(megabytes)} MB of memory`;
  if (error === undefined) return undefined;
  if (RAW.test(error.message)) return `words of the engine: ${error.message}`;
  const stem = basename(path).replace(/\..*$/, '');
  const named = [stem, kind.folder].some((name) => error.message.includes(name));
  return named ? undefined : `no file is named: ${error.code} ${error.message}`;
}

interface Reader {
  ask(order: Order): Promise<Told>;
  close(): void;
}

/** A process that reads. It is replaced after it hangs or ends, and when it has taken much memory, which only the next case would be blamed for. */
function createReader(root: string): Reader {
  const script = fileURLToPath(new URL('./reader.js', import.meta.url));
  const env = { ...process.env, TMPDIR: root, RECDISTILL_CACHE: join(root, 'cache') };
  const start = () =>
    fork(script, { env, cwd: root, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' });
  let child: ChildProcess | undefined;
  const end = () => {
    child?.removeAllListeners();
    child?.kill('SIGKILL');
    child = undefined;
  };
  return {
    async ask(order) {
      child ??= start();
      const asked = child;
      let said = '';
      asked.stderr!.removeAllListeners('data').on('data', (text) => {
        said = `${said}${text}`.slice(-500);
      });
      const told = await new Promise<Told>((settle) => {
        const ended = (what: string) => settle({ bug: `the process ${what}: ${said}`, megabytes: 0 });
        const timer = setTimeout(() => ended(`gave no answer within ${SECONDS} s`), SECONDS * 1000);
        const done = (answer: Told) => {
          clearTimeout(timer);
          settle(answer);
        };
        asked.once('message', (answer: Told) => done(answer));
        asked.once('exit', (code, signal) => {
          clearTimeout(timer);
          ended(`ended with ${signal ?? code}`);
        });
        asked.send(order);
      });
      asked.removeAllListeners('exit').removeAllListeners('message');
      if (told.megabytes === 0 || told.megabytes > MEGABYTES / 2) end();
      return told;
    },
    close: end,
  };
}
