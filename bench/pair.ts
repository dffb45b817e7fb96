/** One case of a row: our side and every form of the peer, first compared, then timed in turns. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerForm, PreparedCase } from './_row.js';
import type { Check } from './compare.js';
import { type Peer, type PeerCommand, startPeer } from './peer.js';
import { peakMemory, resetPeakMemory } from './proc.js';
import { createLoadMeter } from './quiet.js';
import { type Summary, summarise } from './statistics.js';
import { readTensors, writeTensors } from './tensors.js';
import { type Side, type Turns, takeTurns } from './turns.js';

export const ALLOCATORS = {
  /** The C library's malloc as it comes. */
  stock: {},
  /** Keeps freed memory in the process, so that large tensors are not mapped and page-faulted anew in every step. */
  tuned: {
    MALLOC_MMAP_MAX_: '0',
    MALLOC_TRIM_THRESHOLD_: '99999999999',
    MALLOC_TOP_PAD_: '268435456',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>;
export type Allocator = keyof typeof ALLOCATORS;

export interface PairOptions {
  readonly threads: number;
  readonly rounds: number;
  readonly patienceMs: number;
  readonly turnMs: number;
  /** How a peer's script is started; undefined = no peer can be. */
  readonly peerCommand?: (form: PeerForm, allocator: Allocator) => PeerCommand;
  /** For tests; the default measures this machine. */
  readonly loadMeter?: typeof createLoadMeter;
  say(text: string): void;
}

export interface SideReport extends Summary {
  /** VmHWM: the most memory the whole process held, since the case began. */
  readonly peakMemoryBytes?: number;
}

export interface PeerReport extends SideReport {
  readonly name: string;
  readonly allocator: Allocator;
  /** Median time of this peer / our median time. */
  readonly ratio: number;
}

export interface CaseReport {
  readonly case: string;
  readonly work: string;
  /** False = a result differs; then nothing was timed. */
  readonly matched: boolean;
  readonly checks: readonly (Check & { readonly peer: string; readonly allocator: Allocator })[];
  readonly forms: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly ours?: SideReport;
  readonly peers: readonly PeerReport[];
  /** Against the fastest form of the peer, with the C library's malloc as it comes. */
  readonly ratioStock?: number;
  /** Against the fastest form of the peer, with malloc tuned. */
  readonly ratioTuned?: number;
  readonly disturbedRounds: number;
  readonly noisy: boolean;
}

interface PeerSide {
  readonly form: PeerForm;
  readonly allocator: Allocator;
  readonly peer: Peer;
}

/** Runs one prepared case; closes our side and ends every peer, whatever happens. */
export async function pair(name: string, prepared: PreparedCase, options: PairOptions): Promise<CaseReport> {
  const folder = await mkdtemp(join(tmpdir(), 'recdistill-bench-'));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const sides: PeerSide[] = [];
  try {
    resetPeakMemory();
    const versions = await startPeers(prepared, folder, sides, options);
    const checks = await compareOnce(prepared, folder, sides);
    const matched = checks.every((c) => c.passed);
    const about = {
      case: name,
      work: prepared.work,
      matched,
      checks,
      forms: Object.fromEntries(sides.map(({ form }) => [form.name, form.about])),
      versions,
    };
    if (!matched) return { ...about, peers: [], disturbedRounds: 0, noisy: false };
    return { ...about, ...(await time(prepared, sides, options)) };
  } finally {
    prepared.ours.close();
    await Promise.all(sides.map(({ peer }) => peer.close()));
    removeFolder();
    process.removeListener('exit', removeFolder);
  }
}

async function startPeers(
  prepared: PreparedCase,
  folder: string,
  sides: PeerSide[],
  options: PairOptions,
): Promise<Readonly<Record<string, string>>> {
  if (!options.peerCommand) return {};
  const inputs = join(folder, 'inputs');
  await writeTensors(inputs, prepared.inputs);
  let versions: Readonly<Record<string, string>> = {};
  for (const form of prepared.peers) {
    for (const allocator of Object.keys(ALLOCATORS) as Allocator[]) {
      const peer = startPeer(options.peerCommand(form, allocator));
      sides.push({ form, allocator, peer });
      versions = await peer.prepare({ folder: inputs, threads: options.threads, params: form.params });
    }
  }
  return versions;
}

/** Exactly one run on each side, or what stands in its place, from the same state. */
async function compareOnce(
  prepared: PreparedCase,
  folder: string,
  sides: readonly PeerSide[],
): Promise<CaseReport['checks']> {
  await (prepared.ours.first ?? prepared.ours.run)();
  const ours = prepared.ours.result();
  const checks: CaseReport['checks'][number][] = [];
  for (const { form, allocator, peer } of sides) {
    const target = join(folder, `${form.name}-${allocator}`);
    await (prepared.ours.first ? peer.first() : peer.run(0));
    await peer.result(target);
    const theirs = await readTensors(target);
    for (const c of prepared.compare(ours, theirs)) checks.push({ ...c, peer: form.name, allocator });
  }
  return checks;
}

async function time(prepared: PreparedCase, sides: readonly PeerSide[], options: PairOptions) {
  const meter = (options.loadMeter ?? createLoadMeter)(() => [process.pid, ...sides.map(({ peer }) => peer.pid)]);
  if (!meter.supported) options.say('the load of this machine cannot be read, so it is not known whether it is idle');
  const all: Side[] = [oursAsSide(prepared), ...sides.map(({ peer }) => ({ turn: peer.run }))];
  const turns: Turns = await takeTurns(all, { ...options, warmUpTurns: 2, settleMs: 50, meter });
  const ours = withMemory(summarise(turns.times[0]!), process.pid);
  const peers: PeerReport[] = sides.map(({ form, allocator, peer }, k) => {
    const summary = withMemory(summarise(turns.times[k + 1]!), peer.pid);
    return { name: form.name, allocator, ...summary, ratio: summary.medianMs / ours.medianMs };
  });
  const fastest = (allocator: Allocator): number =>
    Math.min(...peers.filter((p) => p.allocator === allocator).map((p) => p.ratio));
  const ratios = peers.length > 0 ? { ratioStock: fastest('stock'), ratioTuned: fastest('tuned') } : {};
  return { ours, peers, ...ratios, disturbedRounds: turns.disturbed, noisy: turns.noisy };
}

function oursAsSide(prepared: PreparedCase): Side {
  return {
    async turn(atLeastMs) {
      const times: number[] = [];
      const begin = performance.now();
      do {
        const start = performance.now();
        await prepared.ours.run();
        times.push(performance.now() - start);
      } while (performance.now() - begin < atLeastMs);
      return times;
    },
  };
}

function withMemory(summary: Summary, pid: number): SideReport {
  const peak = peakMemory(pid);
  return peak === undefined ? summary : { ...summary, peakMemoryBytes: peak };
}
