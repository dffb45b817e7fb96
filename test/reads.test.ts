/**
 * Files are read in one place, within limits (src/formats/read.ts). A call that reads or parses elsewhere has to be in this list, with
 * the reason why it needs no limit.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Calls that take a whole file, a stream or a text of any size. */
const READS =
  /\b(?:readFile(?:Sync)?\(|createReadStream\(|createInterface\(|openSync\(|JSON\.parse\(|parse(?:Document|AllDocuments)\(|\bawait open\([^{]|fetch\(|\.json\(\)|\.arrayBuffer\(\))/g;

const DATA = 'data: read in blocks of fixed size, or by the data engine, which limits lines and memory';
const OWN = 'a text that this process has just made';

const allowed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  src: {
    'cli/terminal/lists.ts': 'an argument of the command line, which the system limits',
    'data/compression.ts': DATA,
    'data/download.ts': 'counts the bytes against those of the catalogue',
    'data/folder-plan.ts': DATA,
    'data/memory-check.ts': 'the first bytes of a regular file',
    'data/labels.ts': 'lines that limitedLines has passed',
    'data/stream-input.ts': DATA,
    'data/where.ts': "the engine's answer about a condition of the command line",
    'data/write-split.ts': 'opens a file for writing',
    'experiment/engine/executors/bullmq/directory.ts': 'entries of Redis that recdistill wrote',
    'experiment/engine/executors/bullmq/message.ts': OWN,
    'experiment/engine/executors/messages.ts': OWN,
    'experiment/engine/kinds/part.ts': OWN,
    'experiment/engine/kinds/search.ts': OWN,
    'formats/atomic.ts': 'opens files for writing and syncing',
    'formats/lease.ts': 'its own lock file, in a thread of 16 MB',
    'formats/lines.ts': 'opens logs for appending and syncing',
    'formats/part-folder.ts': 'files of a part that it has just written, and checksums in pieces',
    'formats/process-identity.ts': 'files of /proc, which the kernel limits',
    'formats/read.ts': 'the place',
    'formats/sealed-json.ts': OWN,
    'formats/yaml.ts': 'after the limits are checked',
    'kernels/blas/core.ts': 'a file of /proc, which the kernel limits',
    'options/use.ts': 'a module that is run anyway, after its size is checked',
    'runs/run-manifest.ts': OWN,
    'serve/workers/calls.ts': OWN,
    'student/bounded-json.ts': 'after the limits are checked',
    'testing/method-contract.ts': OWN,
    'testing/train-runs.ts': OWN,
  },
  experiments: {
    '_page.ts': 'results in this repository',
    'main.ts': 'pages in this repository',
    'pages/cost/bd-cost.ts': 'a log that it has just written',
    'pages/cost/bench.ts': 'the output of a program that it runs',
    'pages/cost/command.ts': 'files of /proc, which the kernel limits',
    'pages/cost/hetcomp-cost.ts': 'a result that it has just written',
    'pages/studies.ts': 'plans in this repository',
    'pages/unseen/runs.ts': 'lists that it has written',
  },
};

/** The text without comments. */
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');

for (const [folder, known] of Object.entries(allowed)) {
  test(`${folder}: files are read in one place, within limits`, () => {
    const files = readdirSync(join(root, folder), { recursive: true })
      .map((file) => String(file).replaceAll('\\', '/'))
      .filter((file) => file.endsWith('.ts') && !/\.(test|test\.support|as|d)\.ts$/.test(file));
    const found = files.filter((file) => code(readFileSync(join(root, folder, file), 'utf8')).match(READS));
    assert.deepEqual(
      found.filter((file) => !(file in known)),
      [],
      'use readBytes, parseJsonFile, readJsonLines or readYaml',
    );
    assert.deepEqual(
      Object.keys(known).filter((file) => !found.includes(file)),
      [],
      'these no longer read: remove them from the list',
    );
  });
}
