import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseOptions } from '../../../options/index.js';
import { checkStudy, studyOptions } from './index.js';

const folder = new URL('../../../../docs/results/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

test('there are studies of either data set', () => assert.ok(files.length > 5));

for (const name of files) {
  test(`docs/results/${name} can be run`, () => {
    const o = parseOptions(studyOptions, parse(readFileSync(new URL(name, folder), 'utf8')), 'study');
    // Whether a preset is there is up to the data set, and not to the study.
    checkStudy({ ...o, preset: undefined });
  });
}
