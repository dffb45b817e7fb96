/** Formats of numbers in tables, reports and messages. No other file of `report` or `cli` formats a number. */

const rounded = (value: number): string => (value >= 99.95 ? value.toFixed(0) : value.toFixed(1));
const signed = (value: number, text: string): string => (value >= 0 ? `+${text}` : text);

/** `950 B`, `12.3 kB`, `604 kB`, `1.2 GB`: in powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : rounded(value)} ${units[unit]}`;
}

/** `42 us`, `1.2 ms`, `3.0 s`. */
export function formatMicroseconds(us: number): string {
  if (us < 999.5) return `${rounded(us)} us`;
  return us < 999_500 ? `${rounded(us / 1000)} ms` : `${rounded(us / 1e6)} s`;
}

/** `3 s`, `2 min 05 s`, `1 h 10 min`. */
export function formatSeconds(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
}

/** `12,345`. */
export const formatCount = (n: number): string => n.toLocaleString('en-US');

/** `1 row`, `12,345 rows`. */
export const counted = (n: number, what: string): string => `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`;

/** Four decimals; `-` if it is not defined. */
export const formatMetric = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '-' : value.toFixed(4);

/** `+0.0123`. */
export const formatDifference = (value: number): string => signed(value, value.toFixed(4));

/** A relative change, 0.032 as `+3.2 %`. */
export const formatPercent = (change: number): string => signed(change, `${(100 * change).toFixed(1)} %`);

/** A share of something, 0.032 as `3.2 %`; three decimals below one per cent. */
export const formatShare = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.01 ? 3 : 1)} %`;

/** Progress, 0.999 as `99 %`: rounded down, so that 100 % means finished. */
export const formatDone = (share: number): string => `${Math.floor(100 * share)} %`;

/** `p = 0.0123`, `p < 0.0001`. */
export function formatP(p: number): string {
  if (Number.isNaN(p)) return 'p is not defined';
  return p < 0.0001 ? 'p < 0.0001' : `p = ${p.toFixed(4)}`;
}

/** The score of a recommended item. */
export const formatScore = (score: number): string => score.toFixed(3);

/** The mean training loss of an epoch. */
export const formatLoss = (loss: number): string => loss.toPrecision(4);

/** Training speed: `2.5 s per epoch`, `4.0 epochs per second`. */
export const formatPace = (secondsPerEpoch: number): string =>
  secondsPerEpoch >= 1
    ? `${secondsPerEpoch.toFixed(1)} s per epoch`
    : `${secondsPerEpoch > 0.1 ? (1 / secondsPerEpoch).toFixed(1) : Math.round(1 / secondsPerEpoch)} epochs per second`;

/** Says that metrics are those of samples of the users; nothing if there are none. Each sample once. */
export const sampleNotes = (
  samples: readonly ({ readonly users: number; readonly of: number } | undefined)[],
): string[] => [
  ...new Set(
    samples.flatMap((s) =>
      s ? [`Evaluated on a sample of ${formatCount(s.users)} of ${formatCount(s.of)} users.`] : [],
    ),
  ),
];

/** A number for each second: two digits below 10, a whole number above. */
export const formatRate = (rate: number): string =>
  rate >= 10 ? formatCount(Math.round(rate)) : String(Number(rate.toPrecision(2)));

/** A ratio: two digits below 10, a whole number above. */
export const formatTimes = (ratio: number): string =>
  String(ratio >= 10 ? Math.round(ratio) : Number(ratio.toPrecision(2)));

/** The day of a time in Unix seconds, in UTC: `2026-11-30`. */
export const formatDay = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

/** Options by name: `dim 32, l2 0.01`. */
export const formatOptions = (options: Readonly<Record<string, unknown>>): string =>
  Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

/** `one`, `one and two`, `one, two and three`. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** Cut to `length` characters. */
export const shortened = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 3)}...` : text;
