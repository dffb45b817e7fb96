/** The plots of a report as inline SVG. Colours are CSS variables of the page, for light and dark backgrounds. */
import * as PlotLibrary from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Lines, type Named, type Plot, type Point, SERIES, type Shares } from './plot.js';

const colour = (n: number): string => `var(--series-${(n % SERIES) + 1})`;

const WIDTH = 860;
const HEIGHT = 320;

/** @returns an HTML fragment */
export function draw(plot: Plot): string {
  if (plot.kind === 'lines') return lines(plot);
  return plot.kind === 'named' ? named(plot) : shares(plot);
}

function drawn(options: PlotLibrary.PlotOptions, names: readonly string[], legend = true): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = PlotLibrary.plot({
    document: document as never,
    ...{ width: WIDTH, height: HEIGHT, marginLeft: 56, marginRight: 24 },
    style: { background: 'transparent', fontSize: '12px' },
    color: { legend, domain: [...names], range: names.map((_, n) => colour(n)) },
    ...options,
  });
  return plot.outerHTML;
}

const namesOf = (points: readonly Point[]): string[] => [...new Set(points.map((p) => p.name))];

function lines({ points, x, y, dots = [] }: Lines): string {
  const names = namesOf(points);
  return drawn(
    {
      x: { label: x },
      y: { label: y, grid: true, zero: true },
      marks: [
        PlotLibrary.ruleY([0]),
        PlotLibrary.lineY([...points], { x: 'x', y: 'y', stroke: 'name', strokeWidth: 1.8 }),
        PlotLibrary.dot([...dots], { x: 'x', y: 'y', fill: 'name', r: 4 }),
      ],
    },
    names,
  );
}

function named({ points, x, y }: Named): string {
  const kinds = [...new Set(points.map((p) => p.group))];
  return drawn(
    {
      marginRight: 140,
      x: { label: x, type: 'log', grid: true, tickFormat: '~s' },
      y: { label: y, grid: true },
      marks: [
        PlotLibrary.dot([...points], { x: 'x', y: 'y', fill: 'group', r: 5 }),
        PlotLibrary.text([...points], {
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

function shares({ points, x, y }: Shares): string {
  return drawn(
    {
      x: { label: x, ticks: 4 },
      y: { label: y, percent: true },
      fx: { label: null },
      marks: [
        PlotLibrary.areaY([...points], {
          x: 'x',
          y: 'y',
          fill: 'name',
          fx: 'group',
          order: namesOf(points),
          curve: 'step-after',
        }),
        PlotLibrary.ruleY([0]),
      ],
    },
    namesOf(points),
  );
}
