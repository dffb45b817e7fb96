/** What a plot shows, as data; plots.ts draws it and loads its libraries only then. */

/** A point of a line, or a dot with a name. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

/** A point of a panel, or of the dots of one colour. */
export interface GroupedPoint extends Point {
  readonly group: string;
}

interface Axes {
  readonly x: string;
  readonly y: string;
}

/** A line for each name. */
export interface Lines extends Axes {
  readonly kind: 'lines';
  readonly points: readonly Point[];
  /** Points that are marked, such as checkpoints. */
  readonly dots?: readonly Point[];
}

/** Named dots over a logarithmic axis; the group gives the colour. */
export interface Named extends Axes {
  readonly kind: 'named';
  readonly points: readonly GroupedPoint[];
}

/** Shares that sum to one, as stacked areas, one panel for each group. */
export interface Shares extends Axes {
  readonly kind: 'shares';
  readonly points: readonly GroupedPoint[];
}

export type Plot = Lines | Named | Shares;

/** Number of colours in the style sheet of the page; further series use them again. */
export const SERIES = 8;
