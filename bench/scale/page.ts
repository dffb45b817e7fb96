/**
 * `node build/bench/scale/page.js`: writes the measured tables and the plot of `bench/scale.json` into docs/scale.md, between its markers, and
 * docs/scale.svg.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Case, CHECKED, fitOf, workOf } from './fit.js';
import { SIZES, type Size, sizeOf } from './made.js';

export interface Measurement {
  readonly threads: number;
  readonly node: string;
  readonly cases: readonly Case[];
}

/** What the page asks for on paper. */
const LARGE: Size = { nUsers: 1e8, nItems: 1e7, interactions: 1e10 };

const seconds = (one: Case) => one.processorSeconds;
const bytes = (one: Case) => one.peakBytes;
const named = (cases: readonly Case[]) => [...new Set(cases.map((one) => one.work))];
const digits = (x: number): string =>
  x >= 100 ? Math.round(x).toLocaleString('en-US') : String(Number(x.toPrecision(2)));
const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (header: readonly string[], rows: readonly string[]): string =>
  [row(...header), row(...header.map(() => '---')), ...rows].join('\n');

/** The tables in Markdown: times, memory, and the fit with its check. */
export function tablesOf({ cases }: Measurement): string {
  const sizes = Object.keys(SIZES);
  const of = (work: string) => cases.filter((one) => one.work === work);
  const cell = (work: string, size: string, value: (one: Case) => number | undefined, scale: number): string => {
    const one = of(work).find((c) => c.size === size);
    const measured = one?.failed === undefined && one ? value(one) : undefined;
    return measured === undefined ? '-' : digits(measured / scale);
  };
  const fits = named(cases).map((work) => {
    const done = of(work).filter((one) => one.failed === undefined);
    return {
      work,
      time: fitOf(done, seconds, (size) => workOf(work, size)),
      memory: fitOf(done, bytes, (size) => size.interactions),
    };
  });
  const error = (check: { predicted: number; measured: number } | undefined): string =>
    check
      ? `${digits(check.predicted)} / ${digits(check.measured)} (${signed(check.predicted / check.measured - 1)})`
      : '-';
  return [
    table(
      ['processor seconds', ...sizes, 'slope'],
      fits.map(({ work, time }) =>
        row(`\`${work}\``, ...sizes.map((size) => cell(work, size, seconds, 1)), time ? time.slope.toFixed(2) : '-'),
      ),
    ),
    table(
      ['peak memory, MB', ...sizes, 'slope'],
      fits.map(({ work, memory }) =>
        row(
          `\`${work}\``,
          ...sizes.map((size) => cell(work, size, bytes, 1e6)),
          memory ? memory.slope.toFixed(2) : '-',
        ),
      ),
    ),
    table(
      ['', `time at ${CHECKED}: fit / measured, s`, `memory at ${CHECKED}: fit / measured, MB`, 'core hours at 10 G'],
      fits.map(({ work, time, memory }) =>
        row(
          `\`${work}\``,
          error(time?.check),
          error(memory?.check && { predicted: memory.check.predicted / 1e6, measured: memory.check.measured / 1e6 }),
          time ? digits((time.a + time.b * workOf(work, LARGE)) / 3600) : '-',
        ),
      ),
    ),
  ].join('\n\n');
}

const signed = (share: number): string => `${share >= 0 ? '+' : ''}${Math.round(100 * share)} %`;

/** Processor seconds over interactions, both logarithmic, as SVG. */
export function plotOf({ cases }: Measurement): string {
  const points = cases.flatMap((one) =>
    one.processorSeconds === undefined
      ? []
      : [{ work: one.work, x: sizeOf(one.size).interactions, y: one.processorSeconds }],
  );
  const last = points.filter(({ x, work }) => x === Math.max(...points.filter((p) => p.work === work).map((p) => p.x)));
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    document: document as never,
    ...{ width: 760, height: 420, marginLeft: 60, marginRight: 90 },
    style: { background: 'white', color: 'black', fontSize: '12px' },
    x: { type: 'log', label: 'interactions', grid: true },
    y: { type: 'log', label: 'processor seconds', grid: true },
    marks: [
      Plot.lineY(points, { x: 'x', y: 'y', stroke: 'work', strokeWidth: 1.8 }),
      Plot.dot(points, { x: 'x', y: 'y', fill: 'work', r: 3 }),
      Plot.text(last, { x: 'x', y: 'y', text: 'work', textAnchor: 'start', dx: 8 }),
    ],
  });
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${plot.outerHTML}\n`;
}

const [BEGIN, END] = ['<!-- measured: begin -->', '<!-- measured: end -->'];

/** The page with other tables between its markers. */
export function withTables(page: string, tables: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no ${BEGIN} ... ${END}`);
  return `${before}${BEGIN}\n\n${tables}\n\n${END}${after}`;
}

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

export const readMeasurement = (): Measurement =>
  JSON.parse(readFileSync(at('bench/scale.json'), 'utf8')) as Measurement;
export const readPage = (): string => readFileSync(at('docs/scale.md'), 'utf8');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const measurement = readMeasurement();
  writeFileSync(at('docs/scale.md'), withTables(readPage(), tablesOf(measurement)));
  writeFileSync(at('docs/scale.svg'), plotOf(measurement));
}
