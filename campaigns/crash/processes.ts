/** The processes of the campaign. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CrashCase } from './cases.js';
import { AGAIN_PLAN, type AgainPlan, type CommandEnd, WATCH_PLAN, type WatchPlan } from './plan.js';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const main = here('../../../dist/cli/main.js');
/** No process takes longer. */
const TIMEOUT_MS = 300_000;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command of a case under a plan. */
export const watched = ({ words, input }: CrashCase, plan: WatchPlan): Promise<Ended> =>
  started(plan.folder, ['--import', here('./watch.js'), main, ...words], { [WATCH_PLAN]: JSON.stringify(plan) }, input);

/** How the commands of each folder end; undefined for a folder during whose commands the process ended, and for those after it. */
export async function again(
  folders: AgainPlan['folders'],
  input?: string,
): Promise<readonly (readonly CommandEnd[] | undefined)[]> {
  const plan: AgainPlan = { main, folders };
  const env = { [AGAIN_PLAN]: JSON.stringify(plan) };
  const { stdout } = await started(folders[0]!.folder, [here('./again.js')], env, input);
  const lines = stdout.split('\n').slice(0, -1);
  const ends = lines.map((line) => JSON.parse(line) as CommandEnd[]);
  // The process ended within a command: the folders after it get another one.
  const rest = folders.slice(ends.length + 1);
  return ends.length === folders.length
    ? ends
    : [...ends, undefined, ...(rest.length > 0 ? await again(rest, input) : [])];
}

function started(folder: string, args: readonly string[], env: Record<string, string>, input = ''): Promise<Ended> {
  const { NODE_TEST_CONTEXT: _, RECDISTILL_DATA: __, ...inherited } = process.env;
  const own = { RECDISTILL_CACHE: join(folder, 'cache'), TMPDIR: join(folder, 'tmp'), ...env };
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...inherited, ...own }, timeout: TIMEOUT_MS });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A killed process does not read its input to the end.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
