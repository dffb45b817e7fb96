/** Checksums of the files of a run, runs of earlier versions without them, and what `verifyRun` finds. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { thisProcess } from '../formats/process-identity.js';
import { hashOf } from '../formats/sealed-json.js';
import { readFinishedRun, tidyFinished } from './finished.js';
import { runJob } from './job.js';
import { openRunFolder } from './run-folder.js';
import { evaluation, kernels, newFolder, quick, refusedAs, smallData } from './small.test.support.js';
import { UNSEALED, verifyRun } from './verify-run.js';

const made = newFolder();
before(async () => {
  const options = { ...quick, epochs: 2 };
  await runJob({
    dataset: await smallData(),
    kernels,
    model: 'bpr-mf',
    options,
    evaluation,
    folder: made,
    source: { data: 'x' },
  });
});

function copy(): string {
  const folder = newFolder();
  cpSync(made, folder, { recursive: true });
  return folder;
}

/** As an earlier version wrote it. */
function withoutChecksums(folder: string): void {
  const plain = (name: string, change: (fields: Record<string, unknown>) => Record<string, unknown>): void => {
    const fields = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(folder, name), JSON.stringify(change(fields)));
  };
  for (const name of ['result.json', 'data.json']) plain(name, ({ sha256: _, ...fields }) => fields);
  plain('manifest.json', ({ sha256: _, sealed: __, ...fields }) => ({ ...fields, sha256: hashOf(fields) }));
  for (const name of ['events.jsonl', 'metrics.jsonl']) {
    const text = readFileSync(join(folder, name), 'utf8');
    writeFileSync(join(folder, name), text.replaceAll(/,"check":"[0-9a-f]{16}"/g, ''));
  }
}

test('a run is whole, and one that an earlier version wrote is read and says that it has no checksums', async () => {
  const { state, problems, notes, files } = await verifyRun(made);
  assert.deepEqual([state, problems, notes], ['whole', [], []]);
  assert.ok(files > 10);
  const old = copy();
  withoutChecksums(old);
  assert.deepEqual((await verifyRun(old)).notes, [UNSEALED]);
  assert.equal((await verifyRun(old)).state, 'whole');
  assert.deepEqual(readFinishedRun(old).result, readFinishedRun(made).result);
});

test('every file whose bytes change is found', async () => {
  const names = readdirSync(made, { recursive: true, withFileTypes: true });
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  assert.ok(paths.length > 10);
  for (const path of paths) {
    const whole = readFileSync(path);
    for (const at of [0.2, 0.6, 0.95]) {
      const changed = Buffer.from(whole);
      const place = Math.floor(changed.length * at);
      // Another digit or letter, so that the file may still be valid JSON.
      changed[place] = changed[place] === 0x31 ? 0x32 : 0x31;
      writeFileSync(path, changed);
      assert.equal((await verifyRun(made)).state, 'damaged', `${path} at ${place}`);
    }
    writeFileSync(path, whole);
    assert.equal((await verifyRun(made)).state, 'whole', path);
  }
});

test('a result or a line without its checksum is refused where the others have one', async () => {
  const folder = copy();
  const { sha256: _, ...result } = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
  writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
  assert.throws(() => readFinishedRun(folder), refusedAs('artifact-damaged', /result\.json.*SHA-256 is missing/));
  const log = join(copy(), 'metrics.jsonl');
  writeFileSync(log, readFileSync(log, 'utf8').replace(/,"check":"[0-9a-f]{16}"/, ''));
  const found = await verifyRun(join(log, '..'));
  assert.match(found.problems.join(), /metrics\.jsonl is damaged: line 1 has no checksum/);
});

test('a log of a finished run that lost its end is found, also if whole lines are missing', async () => {
  const folder = copy();
  for (const name of ['events.jsonl', 'metrics.jsonl']) {
    const path = join(folder, name);
    const whole = readFileSync(path, 'utf8');
    // One changed byte, the last line end, would make readers leave out the line.
    writeFileSync(path, `${whole.slice(0, -1)}~`);
    const problem = `${name} is damaged: its last line is not complete`;
    assert.ok((await verifyRun(folder)).problems.join().includes(problem));
    writeFileSync(path, whole);
  }
  const log = join(folder, 'metrics.jsonl');
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
  assert.ok(lines.length > 1);
  const rest = lines.slice(0, -1).map((line) => `${line}\n`);
  writeFileSync(log, rest.join(''));
  assert.match((await verifyRun(folder)).problems.join(), /metrics\.jsonl is damaged: it (ends with|lacks) epoch/);
});

test('files that do not fit each other are found', async () => {
  const folder = copy();
  const other = newFolder();
  await runJob({
    ...{ dataset: await smallData(), kernels, model: 'bpr-mf', evaluation, folder: other },
    options: { ...quick, epochs: 2, seed: 5 },
  });
  for (const name of ['model.safetensors', 'rankings-test.safetensors', 'trajectory']) {
    renameSync(join(folder, name), join(folder, `.${name}`));
    cpSync(join(other, name), join(folder, name), { recursive: true });
    assert.match((await verifyRun(folder)).problems.join(), /belongs to another run/, name);
    rmSync(join(folder, name), { recursive: true });
    renameSync(join(folder, `.${name}`), join(folder, name));
  }
  rmSync(join(folder, 'rankings-test.safetensors'));
  assert.match((await verifyRun(folder)).problems.join(), /rankings-test/);
});

test('a run that is not finished is no damage', async () => {
  const folder = copy();
  rmSync(join(folder, 'result.json'));
  const found = await verifyRun(folder);
  assert.deepEqual([found.state, found.what], ['unfinished', 'run of bpr-mf, without a checkpoint']);
});

test('what a killed process left in a finished run is removed, unless the run is in use', () => {
  const folder = copy();
  const left = ['checkpoints', 'snapshots'];
  for (const name of left) mkdirSync(join(folder, name));
  const run = openRunFolder(folder, readFinishedRun(folder).manifest);
  tidyFinished(folder);
  assert.ok(left.every((name) => existsSync(join(folder, name))));
  run.close();
  const dead = { ...thisProcess(), pid: 2 ** 22 + 1, since: '2026-01-01', token: 't' };
  writeFileSync(join(folder, 'lock'), JSON.stringify(dead));
  writeFileSync(join(folder, `.lock-${dead.pid}-x`), '');
  tidyFinished(folder);
  const remaining = readdirSync(folder).filter((name) => left.includes(name) || name.includes('lock'));
  assert.deepEqual(remaining, []);
});

test('a computed model that was killed behind its metrics line has that line once', async () => {
  const job = async (folder: string) =>
    runJob({ dataset: await smallData(), kernels, model: 'top-pop', evaluation, folder });
  const [whole, killed] = [newFolder(), newFolder()];
  await job(whole);
  await job(killed);
  // The state after the metrics line and before the results.
  for (const name of ['result.json', 'rankings-test.safetensors', 'trajectory'])
    rmSync(join(killed, name), { recursive: true });
  await job(killed);
  const metrics = (folder: string): string => readFileSync(join(folder, 'metrics.jsonl'), 'utf8');
  assert.equal(metrics(killed), metrics(whole));
  assert.equal((await verifyRun(killed)).state, 'whole');
});
