/** Numbers as people read them. */

const rounded = (value: number): string => (value >= 99.95 ? value.toFixed(0) : value.toFixed(1));

/** `950 B`, `12.3 kB`, `604 kB`, `1.2 GB`: powers of 1000. */
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

/** Four decimals; `-` if it is not defined. */
export const formatMetric = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '-' : value.toFixed(4);

/** `+3.2 %`. */
export const formatPercent = (share: number): string => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;

/** `p = 0.012`, `p < 0.0001`. */
export function formatP(p: number): string {
  if (Number.isNaN(p)) return 'p is not defined';
  return p < 0.0001 ? 'p < 0.0001' : `p = ${p.toFixed(4)}`;
}

/** `one`, `one and two`, `one, two and three`. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** Cut to `length` characters. */
export const shortened = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 3)}...` : text;

/** `-` for what nobody knows. */
export const ifKnown = (value: number | undefined, format: (value: number) => string): string =>
  value === undefined ? '-' : format(value);
