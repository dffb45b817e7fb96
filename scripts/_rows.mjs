/** Rows of bench/ as scripts measure them: each in a process of its own, on a data set below RECDISTILL_DATA. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bench = (args, stderr) =>
  spawnSync(process.execPath, ['build/bench/main.js', ...args, '--json'], {
    ...{ cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
    stdio: ['ignore', 'pipe', stderr],
  });

/** Ends the process with code 2, unless there are data sets to measure on and a folder with them. */
export function datasetsFor(command, names) {
  const folder = process.env.RECDISTILL_DATA;
  if (names.length > 0 && folder !== undefined) return (name) => join(folder, name);
  const problem =
    folder === undefined
      ? 'RECDISTILL_DATA must name the folder with the data sets'
      : `which data set? For example: ${command} -- citeulike-hetcomp-split`;
  console.error(problem);
  process.exit(2);
}

/** The cases of each row. */
export const casesOf = () =>
  Object.fromEntries(JSON.parse(bench([], 'inherit').stdout).rows.map(({ row, cases }) => [row, cases]));

/** What a page needs of one case; undefined, with a word and an exit code of the script, if the row failed. */
export function measure(row, name, data, rounds) {
  process.stderr.write(`${data}: ${row} ${name}\n`);
  const { status, stdout } = bench([row, '--case', name, '--rounds', rounds, '--data', data], 'inherit');
  if (status !== 0) {
    process.stderr.write(`${row} ended with code ${status}; nothing of it is kept\n`);
    process.exitCode = 1;
    return undefined;
  }
  const { machine, notes, cases } = JSON.parse(stdout);
  const { work, ours, peers, ratioStock, ratioTuned } = cases[0];
  return { machine, notes, work, ours, peers, ratioStock, ratioTuned };
}

export const duration = (ms) => (ms >= 1000 ? `${(ms / 1000).toPrecision(3)} s` : `${ms.toPrecision(3)} ms`);

/** Median with the fastest and the slowest round. */
export const times = (side) => `${duration(side.medianMs)} (${duration(side.minMs)} to ${duration(side.maxMs)})`;

export const megabytes = (bytes) => (bytes === undefined ? '' : (bytes / 1e6).toFixed(0));

/** The peer of one form over ours, with the allocator as it comes and tuned. */
export const ratiosOf = (peers, form) =>
  ['stock', 'tuned']
    .map((allocator) => peers.find((p) => p.name === form && p.allocator === allocator)?.ratio.toFixed(1) ?? '-')
    .join(', ');

export const machineOf = ({ machine: { cpu, cores, threads, node, torch } }) =>
  [cpu, `${cores} cores`, `${threads} threads`, `Node ${node}`, `PyTorch ${torch}`].join(', ');
