/** Rows of two pages that are of the same runs have the same values. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { StudyJson } from 'recdistill/report';
import { numbersOf } from './files.js';
import { type PresetNumbers, presetPages, presetPipeline, TEACHERS } from './pages/presets.js';
import { checkPlan, planNames } from './pages/studies.js';

/** A value of a page, and all that decides it. */
interface Stated {
  readonly page: string;
  readonly row: string;
  readonly key: string;
  readonly value: number;
}

type Entry = Readonly<Record<string, unknown>>;
type Values = Readonly<Record<string, readonly number[]>>;
interface Row {
  readonly name: string;
  readonly role: string;
  readonly values: Values;
}

/** The values of a row by metric and seed. What has no seed has one value only, or the same for all seeds. */
const stated = (
  page: string,
  row: string,
  seeds: readonly number[],
  values: Values,
  keyOf: (at: number) => readonly unknown[],
): Stated[] =>
  Object.entries(values).flatMap(([metric, list]) =>
    list.map((value, at) => ({ page, row, key: JSON.stringify([...keyOf(at), metric, seeds[at]]), value })),
  );

/** What decides an ensemble: the models of its teachers and how good each of them is. */
const ensembleKey = (rows: readonly Row[], at: number): readonly unknown[] => [
  'ensemble',
  ...rows.filter((r) => r.role === 'teacher').map(({ name, values }) => [name, values['recall@50']?.[at]]),
];

/**
 * The loss of the autoencoders sums in another order since their runs of the other pages were made, so that its rounding is another one. Bits of all
 * other models have not changed.
 */
const NEW_SUMS = { models: ['mult-vae', 'item-autoencoder'], pages: ['citeulike-teachers', 'foursquare-teachers'] };

/** A model with its options, without its seed. */
const modelKey = ({ name: _, seed: __, ...entry }: Entry): unknown => Object.entries(entry).sort();

/** The seeds of a row: those of the page, or one of its own. */
const seedsOf = (entry: Entry | undefined, seeds: readonly number[]): readonly number[] =>
  entry?.seed === undefined ? seeds : seeds.map(() => Number(entry.seed));

const read = (name: string) => JSON.parse(readFileSync(numbersOf(name), 'utf8'));

function ofPresets(page: string): Stated[] {
  const { fingerprint, rows, seeds }: PresetNumbers = read(page);
  const { teachers, baselines } = presetPipeline(page, seeds[0]!);
  const entries: readonly Entry[] = [...baselines, ...teachers];
  return rows.flatMap(({ name, values }) => {
    const entry = entries.find(({ model }) => model === name);
    const keyOf = (at: number) => (entry ? [modelKey(entry), false] : ensembleKey(rows, at));
    return stated(page, name, seeds, values, (at) => [fingerprint, page, ...keyOf(at)]);
  });
}

function ofStudy(page: string): Stated[] {
  const { fingerprint, rows, seeds, tuned }: StudyJson = read(page);
  const { options: o, entries, preset } = checkPlan(page);
  const models: readonly Entry[] = [...o.teachers, ...o.baselines];
  const teachers = o.teachers.map(modelKey);
  const modelOf = (name: string) => models.find((e) => (e.name ?? e.model) === name);
  const keyOf = ({ name, role }: Row, at: number): readonly unknown[] => {
    if (role === 'ensemble') return name === 'ensemble' ? ensembleKey(rows, at) : [name, teachers];
    const model = modelOf(name);
    // Its options were searched by the page itself.
    if (role === 'size-matched') return [page, name];
    if (role !== 'student') return [modelKey(model!), NEW_SUMS.models.includes(name) && NEW_SUMS.pages.includes(page)];
    const { method, ensemble, options, teachers: chosen = teachers } = entries.find((e) => e.name === name)!;
    const own = { ...o.methods[method], ...options, ...tuned[method]?.options };
    return [modelKey(o.student), method, modelKey(own), chosen, ensemble, o.checkpoints, o.spread];
  };
  return rows.flatMap((row) => {
    const own = row.role === 'student' ? seeds : seedsOf(modelOf(row.name), seeds);
    return stated(page, row.name, own, row.values, (at) => [fingerprint, preset, ...keyOf(row, at)]);
  });
}

test('equal rows of two pages have equal values', () => {
  const presets = presetPages.map(({ name }) => name);
  const studies = planNames.filter((name) => existsSync(numbersOf(name)));
  const all = [...presets.flatMap(ofPresets), ...studies.flatMap(ofStudy)];
  const byKey = new Map<string, Stated[]>();
  for (const s of all) byKey.set(s.key, [...(byKey.get(s.key) ?? []), s]);
  const shared = [...byKey.values()].filter((same) => new Set(same.map(({ page }) => page)).size > 1);
  // The six teachers of the presets are in most studies.
  for (const name of TEACHERS)
    assert.ok(
      shared.some(([first]) => first!.row === name),
      name,
    );
  const differing = shared.filter(differ);
  assert.deepEqual(
    differing.map((same) => same.map(({ page, row, value }) => `${page}: ${row} ${value}`).join(', ')),
    [],
  );
});

const differ = (same: readonly Stated[]): boolean => same.some(({ value }) => Math.abs(value - same[0]!.value) > 1e-12);
