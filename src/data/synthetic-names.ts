/** Readable names of synthetic items, by theme and niche, so that a recommendation list can be assessed at a glance. */

const themes = [
  'crime novel',
  'jazz record',
  'garden tool',
  'mountain trail',
  'noodle soup',
  'board game',
  'space documentary',
  'tea',
  'folk song',
  'city walk',
  'chess puzzle',
  'bread recipe',
  'sailing route',
  'ghost story',
  'bicycle part',
  'poem',
] as const;

const niches = ['quiet', 'nordic', 'classic', 'playful', 'stormy', 'vintage', 'sunny', 'midnight'] as const;

export const THEMES = themes.length;
export const NICHES = niches.length;

/** For example `Nordic crime novel 217`. `niche` is in [0, THEMES x NICHES). */
export function itemName(niche: number, number: number): string {
  const mood = niches[niche % NICHES]!;
  return `${mood[0]!.toUpperCase()}${mood.slice(1)} ${themes[Math.floor(niche / NICHES)]!} ${number}`;
}
