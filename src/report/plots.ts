/** The plots of a report as inline SVG. Colours are CSS variables of the page, so that they can be read in light and dark. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** A point of a line, or a dot with a name. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

/** Colours of the page's style sheet; more series share them in turn. */
export const SERIES = 8;
const colour = (n: number): string => `var(--series-${(n % SERIES) + 1})`;

const WIDTH = 860;
const HEIGHT = 320;

interface Frame {
  readonly x: string;
  readonly y: string;
}

function drawn(options: Plot.PlotOptions, names: readonly string[], legend = true): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    document: document as never,
    ...{ width: WIDTH, height: HEIGHT, marginLeft: 56, marginRight: 24 },
    style: { background: 'transparent', fontSize: '12px' },
    color: { legend, domain: [...names], range: names.map((_, n) => colour(n)) },
    ...options,
  });
  return plot.outerHTML;
}

const namesOf = (points: readonly Point[]): string[] => [...new Set(points.map((p) => p.name))];

/** A line for each name. @param dots points that are marked, such as checkpoints */
export function lines(points: readonly Point[], { x, y }: Frame, dots: readonly Point[] = []): string {
  const names = namesOf(points);
  return drawn(
    {
      x: { label: x },
      y: { label: y, grid: true, zero: true },
      marks: [
        Plot.ruleY([0]),
        Plot.lineY([...points], { x: 'x', y: 'y', stroke: 'name', strokeWidth: 1.8 }),
        Plot.dot([...dots], { x: 'x', y: 'y', fill: 'name', r: 4 }),
      ],
    },
    names,
  );
}

/** Named dots over a logarithmic axis. @param kinds the group of each name, which gives the colour */
export function named(points: readonly (Point & { readonly kind: string })[], { x, y }: Frame): string {
  const kinds = [...new Set(points.map((p) => p.kind))];
  return drawn(
    {
      marginRight: 140,
      x: { label: x, type: 'log', grid: true, tickFormat: '~s' },
      y: { label: y, grid: true },
      marks: [
        Plot.dot([...points], { x: 'x', y: 'y', fill: 'kind', r: 5 }),
        Plot.text([...points], {
          x: 'x',
          y: 'y',
          text: 'name',
          dx: 9,
          textAnchor: 'start',
          fill: 'currentColor',
        }),
      ],
    },
    kinds,
  );
}

/** Shares that sum to one, as areas on each other, one panel for each group. */
export function shares(points: readonly (Point & { readonly group: string })[], { x, y }: Frame): string {
  return drawn(
    {
      x: { label: x, ticks: 4 },
      y: { label: y, percent: true },
      fx: { label: null },
      marks: [
        Plot.areaY([...points], {
          x: 'x',
          y: 'y',
          fill: 'name',
          fx: 'group',
          order: namesOf(points),
          curve: 'step-after',
        }),
        Plot.ruleY([0]),
      ],
    },
    namesOf(points),
  );
}
