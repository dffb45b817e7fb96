/** What a row found, as one JSON document and as text. */
import type { CaseReport, SideReport } from './pair.js';

export interface RowReport {
  readonly row: string;
  readonly title: string;
  readonly goal?: string;
  readonly data: string;
  readonly machine: Readonly<Record<string, string | number>>;
  /** Of the first case: the fastest peer's median time / our median time. Missing without a peer. */
  readonly ratioStock?: number;
  readonly ratioTuned?: number;
  readonly cases: readonly CaseReport[];
  /** Sentences about what was skipped or is not to be trusted. */
  readonly notes: readonly string[];
}

export function rowReport(
  about: Omit<RowReport, 'ratioStock' | 'ratioTuned' | 'notes'>,
  notes: readonly string[],
): RowReport {
  const first = about.cases[0];
  const noisy = about.cases.filter((c) => c.noisy).map((c) => c.case);
  const noise = `Other processes kept the machine busy; do not trust the times of: ${noisy.join(', ')}.`;
  return {
    ...about,
    ...(first?.ratioStock === undefined ? {} : { ratioStock: first.ratioStock }),
    ...(first?.ratioTuned === undefined ? {} : { ratioTuned: first.ratioTuned }),
    notes: noisy.length > 0 ? [...notes, noise] : notes,
  };
}

/** True if every result agreed with every peer that ran. */
export const allMatched = (report: RowReport): boolean => report.cases.every((c) => c.matched);

export function reportText(report: RowReport): string {
  const { machine } = report;
  const lines = [
    `${report.row}: ${report.title}`,
    ...(report.goal === undefined ? [] : [`goal: ${report.goal}`]),
    `data: ${report.data}`,
    `machine: ${Object.entries(machine)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')}`,
  ];
  for (const c of report.cases) lines.push('', ...caseLines(c));
  if (report.notes.length > 0) lines.push('', ...report.notes);
  return `${lines.join('\n')}\n`;
}

function caseLines(c: CaseReport): string[] {
  const lines = [`${c.case}: ${c.work}`];
  if (!c.matched) {
    lines.push('  The results differ, so nothing was timed:');
    for (const k of c.checks.filter((k) => !k.passed)) {
      lines.push(
        `  ${k.what} against ${k.peer} (${k.allocator}): ${number(k.worst)} ${k.unit}; at most ${number(k.tolerance)}`,
      );
    }
    return lines;
  }
  for (const [what, worst] of worstByCheck(c)) lines.push(`  same result: ${what}`.padEnd(44) + worst);
  lines.push(`  ${'side'.padEnd(26)}${HEADINGS.map((h) => h.padStart(12)).join('')}`);
  if (c.ours) lines.push(sideLine('recdistill', c.ours, undefined));
  for (const p of c.peers) lines.push(sideLine(`${p.name}, ${p.allocator} malloc`, p, p.ratio));
  for (const [name, about] of Object.entries(c.forms)) lines.push(`  ${name}: ${about}`);
  const rounds = `${c.ours?.rounds ?? 0} rounds counted, ${c.disturbedRounds} disturbed by other processes`;
  const ratios =
    c.ratioStock === undefined ? '' : `; ratioStock ${number(c.ratioStock)}, ratioTuned ${number(c.ratioTuned!)}`;
  lines.push(`  ${rounds}${ratios}`);
  return lines;
}

const HEADINGS = ['median ms', 'min', 'max', 'quartiles', 'peak MB', 'ratio'];

function sideLine(name: string, side: SideReport, ratio: number | undefined): string {
  const memory = side.peakMemoryBytes === undefined ? '-' : String(Math.round(side.peakMemoryBytes / 1e6));
  const times = [side.medianMs, side.minMs, side.maxMs, side.iqrMs].map((ms) =>
    ms < 100 ? ms.toFixed(2) : ms.toFixed(0),
  );
  const cells = [...times, memory, ratio === undefined ? '' : `${number(ratio)}x`];
  return `  ${name.padEnd(26)}${cells.map((cell) => cell.padStart(12)).join('')}`;
}

function worstByCheck(c: CaseReport): Map<string, string> {
  const worst = new Map<string, number>();
  const texts = new Map<string, string>();
  for (const k of c.checks) {
    if (k.worst < (worst.get(k.what) ?? -1)) continue;
    worst.set(k.what, k.worst);
    texts.set(k.what, `${number(k.worst)} ${k.unit} (at most ${number(k.tolerance)})`);
  }
  return texts;
}

const number = (x: number): string =>
  x !== 0 && Math.abs(x) < 0.01 ? x.toExponential(1) : String(Number(x.toPrecision(3)));
