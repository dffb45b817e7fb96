/** Reads golden files: `{subject, tolerance: {abs, rel}, cases: [{name, inputs, expected}]}` in each JSON file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Inputs, Json, Tolerance } from './_checker.js';

export interface GoldenCase {
  readonly subject: string;
  readonly name: string;
  readonly inputs: Inputs;
  readonly expected: { readonly [key: string]: Json };
  readonly tolerance: Tolerance;
}

/** A file, or a case in it, that cannot be checked; counts as failed. */
export interface Unreadable {
  readonly subject: string;
  readonly name: string;
  readonly reason: string;
}

export interface GoldenFolder {
  readonly cases: readonly GoldenCase[];
  readonly unreadable: readonly Unreadable[];
}

/** Everything in the `.json` files of `dir`, in the order of the file names; other files are left alone. */
export function readFolder(dir: string): GoldenFolder {
  const cases: GoldenCase[] = [];
  const unreadable: Unreadable[] = [];
  for (const file of readdirSync(dir).sort()) {
    if (!file.endsWith('.json')) continue;
    try {
      const golden = parseFile(readFileSync(join(dir, file), 'utf8'));
      cases.push(...golden.cases);
      unreadable.push(...golden.unreadable);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      unreadable.push({ subject: file.slice(0, -'.json'.length), name: `(${file})`, reason });
    }
  }
  return { cases, unreadable };
}

function parseFile(text: string): GoldenFolder {
  const file = JSON.parse(text) as Json;
  if (!isRecord(file)) throw new Error('the file holds no object');
  const { subject, tolerance, cases } = file;
  if (typeof subject !== 'string' || subject === '') throw new Error('the file names no subject');
  if (!isTolerance(tolerance)) throw new Error('the file gives no tolerance {abs, rel}');
  if (!Array.isArray(cases) || cases.length === 0) throw new Error('the file has no cases');
  const good: GoldenCase[] = [];
  const unreadable: Unreadable[] = [];
  (cases as readonly Json[]).forEach((one, index) => {
    const name = isRecord(one) && typeof one.name === 'string' ? one.name : `#${index + 1}`;
    if (!isRecord(one) || !isRecord(one.inputs) || !isRecord(one.expected) || Object.keys(one.expected).length === 0) {
      unreadable.push({ subject, name, reason: 'the case lacks inputs or expected' });
      return;
    }
    good.push({ subject, name, inputs: one.inputs, expected: one.expected, tolerance });
  });
  return { cases: good, unreadable };
}

const isRecord = (json: Json | undefined): json is { readonly [key: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const isTolerance = (json: Json | undefined): json is Tolerance & { readonly [key: string]: Json } =>
  isRecord(json) && [json.abs, json.rel].every((x) => typeof x === 'number' && x >= 0);
