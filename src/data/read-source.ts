/** Reads the files of a plan as pairs of user and item indices. */
import type { Plan } from './_plan.js';
import type { Database } from './duckdb.js';
import type { LabelMatch } from './label-match.js';
import { readLabels } from './labels.js';
import { refuseLargeFiles } from './memory-check.js';
import { numberIds } from './number-ids.js';
import type { DataOptions } from './options.js';
import type { Source } from './pairs.js';
import { readRows } from './readers/delimited.js';
import { openSource } from './source-file.js';
import type { ReadingOptions } from './stage-file.js';
import { type Before, type PartRead, stagePart } from './stage-part.js';
import { MAX_NAMES_BYTES } from './text-limits.js';
import { daysSql, type TimeCount, timesAreDays } from './times.js';

export interface ReadSource extends Source {
  /** One name per item, if the source has names. */
  readonly labels?: readonly string[];
  /** How well the file of item names matches, if there is one. */
  readonly names?: LabelMatch;
  readonly notes: readonly string[];
  /** The subset of `notes` about what was not read. */
  readonly leftOut: readonly string[];
}

/**
 * @param pooled the parts of a split become one
 * @throws RecdistillError `file-missing`, `bad-data`, `bad-option`, `out-of-memory`
 */
export async function readSource(db: Database, plan: Plan, given: DataOptions, pooled: boolean): Promise<ReadSource> {
  const options = plan.manifest ? { ...given, ...WRITTEN } : given;
  await refuseLargeFiles(plan, given, db.folder);
  const notes: string[] = [];
  const leftOut = [...(plan.leftOut ?? [])];
  const parts: PartRead[] = [];
  let before: Before = {};
  const times: TimeCount[] = [];
  for (const [k, files] of plan.parts.entries()) {
    const part: PartRead = await stagePart(db, `part${k}`, files, plan, options, before);
    before = { reading: before.reading ?? part.reading, first: before.first ?? part.first };
    notes.push(...part.notes);
    leftOut.push(...part.leftOut);
    times.push(...part.times);
    parts.push(part);
  }
  if (timesAreDays(times)) {
    for (const part of parts) if (part.columns.time) await db.query(daysSql(part.name));
    notes.push('times of eight digits were read as dates, such as 20200913');
  }
  const source = await numberIds(db, plan.name, parts, {
    users: await catalogueIds(db, plan, plan.users),
    items: await catalogueIds(db, plan, plan.items),
    ...{ minRating: given.minRating, pooled },
  });
  const encoding = given.labelsEncoding === 'auto' ? given.encoding : given.labelsEncoding;
  const names = plan.labels && (await readLabels(db, plan.folder, plan.labels, source.items, encoding));
  const labels = names?.labels.some((label) => label !== '') ? { labels: names.labels } : {};
  return {
    ...source,
    ...(plan.foldIn ? { foldIn: plan.foldIn } : {}),
    ...labels,
    ...(names ? { names } : {}),
    notes,
    leftOut,
  };
}

/** Reading options that match the output of `writeSplit` for any ids and times. */
const WRITTEN = {
  ...{ delimiter: undefined, quote: 'double', encoding: 'utf-8', decimal: '.' },
  ...{ missing: [], timeUnit: 's', timeFormat: undefined, asWritten: true },
} as const satisfies Partial<ReadingOptions>;

async function catalogueIds(db: Database, plan: Plan, path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  const { rows } = await readRows(db, {
    file: await openSource(path, { folder: db.folder, most: MAX_NAMES_BYTES }),
    header: plan.header,
    givenNames: [],
  });
  return rows.map(([id]) => id!).filter((id) => id !== '');
}
