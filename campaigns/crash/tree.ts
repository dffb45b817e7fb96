/** The content of a folder after a command, without what differs between two equal runs: times, hosts and latencies. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** File names with `/`, and a digest of what each must contain after a crash as after an undisturbed run. */
export type Tree = Readonly<Record<string, string>>;

/** Fields of times, of hosts, and checksums over them. */
const VARYING = ['created', 'host', 'sha256', 'seconds', 'latencyMicroseconds', 'time', 'check'];

export function treeOf(folder: string): Tree {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() || isEmpty(join(entry.parentPath, entry.name)))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
  return Object.fromEntries(files.map((name) => [name, contentOf(folder, name)]));
}

const isEmpty = (folder: string): boolean => readdirSync(folder).length === 0;

function contentOf(root: string, name: string): string {
  const path = join(root, name);
  const folderless = name.split('/').at(-1)!;
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return 'empty folder';
  }
  // How often a run was continued is part of its events: they only have to be valid lines.
  if (folderless === 'events.jsonl') return linesOf(bytes).every((line, n) => line.seq === n + 1) ? 'events' : 'broken';
  // Times are in the tables of reports.
  if (/^(report|study-.*|.*report)\.(html|md|json)$/.test(folderless)) return bytes.length > 100 ? 'report' : 'cut';
  if (folderless.endsWith('.jsonl')) return digest(linesOf(bytes).map(lasting), root);
  // The manifest of a bundle has no time: equal students give equal bytes.
  if (folderless.endsWith('.json') && !bytes.includes('"recdistill-student"'))
    return digest(lasting(JSON.parse(bytes.toString('utf8'))), root);
  return createHash('sha256').update(bytes).digest('hex');
}

const linesOf = (bytes: Buffer): Record<string, unknown>[] =>
  bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Absolute paths below `root` count as relative ones. */
const digest = (value: unknown, root: string): string =>
  createHash('sha256').update(JSON.stringify(value).replaceAll(root, '.')).digest('hex');

/** A JSON value without the fields that vary. */
export function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lasting);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !VARYING.includes(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, lasting(inner)]));
}

/** The first file that two trees do not have in common, in words; undefined if they are equal. */
export function firstDifference(expected: Tree, found: Tree): string | undefined {
  // An event says that a run was continued, also where there are no others.
  const left = Object.keys(found).find((name) => !(name in expected) && !name.endsWith('events.jsonl'));
  if (left !== undefined) return `${left} is left behind`;
  for (const [name, content] of Object.entries(expected)) {
    if (!(name in found)) return `${name} is missing`;
    if (found[name] !== content) return `${name} has other content`;
  }
  return undefined;
}
