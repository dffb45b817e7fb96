import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ErrorCode, RecdistillError } from '../errors.js';
import { entryOf, loadBundle, StudentError, type StudentModel } from '../student/index.js';
import { readBundle, writeBundle } from './bundle.js';

const folder = fs.mkdtempSync(join(tmpdir(), 'bundle-limits-'));
after(() => fs.rmSync(folder, { recursive: true }));
const bundle = join(folder, 'student');

const model: StudentModel = {
  ...{ nUsers: 2, nItems: 3, dim: 1, userIds: ['a', 'b'], itemIds: ['x', 'y', 'z'] },
  ...{ userFactors: Float32Array.of(1, 2), itemFactors: Float32Array.of(1, 2, 3) },
};
writeBundle(bundle, model, { dataFingerprint: 'f', licence: '', madeBy: {}, metrics: {} });

const is = (code: ErrorCode, message: RegExp) => (error: unknown) =>
  error instanceof RecdistillError && error.code === code && message.test(error.message);

/** A copy of the bundle with one file of any size, which takes no space. */
function padded(file: string, bytes: number): string {
  const copy = join(folder, 'padded');
  fs.rmSync(copy, { recursive: true, force: true });
  fs.cpSync(bundle, copy, { recursive: true });
  fs.truncateSync(join(copy, file), bytes);
  return copy;
}

test('the size of a file is compared with the manifest before the file is read', async () => {
  for (const file of ['items.json', 'users.json', 'student.safetensors'])
    await assert.rejects(
      readBundle(padded(file, 2 ** 30)),
      is('artifact-damaged', new RegExp(`${file} is damaged: it has 1073741824 bytes; the manifest says \\d+`)),
    );
  await assert.rejects(readBundle(padded('manifest.json', 2 ** 31)), is('over-limit', /manifest\.json.*2147483648/));
});

test('a manifest that says that a file of names is larger than what is read is refused', () => {
  const files = { 'items.json': { bytes: 3 * 2 ** 30, sha256: 'f'.repeat(64) } };
  assert.throws(
    () => entryOf(files, 'items'),
    (error) =>
      error instanceof StudentError && /items\.json has 3221225472 bytes; at most 536870888/.test(error.message),
  );
});

/** A server that answers with the file, and then goes on and on. `sent` counts the chunks that were taken. */
function endless(file: string, sent: { chunks: number }): Response {
  const content = fs.readFileSync(join(bundle, file));
  return new Response(
    new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(sent.chunks++ === 0 ? content : new Uint8Array(65_536));
      },
    }),
  );
}

test('a response is read no further than the manifest says', { timeout: 20_000 }, async () => {
  const whole = (file: string) => new Response(fs.readFileSync(join(bundle, file)));
  assert.deepEqual((await loadBundle(whole)).model.itemIds, model.itemIds);
  for (const endlessFile of ['items.json', 'student.safetensors']) {
    const sent = { chunks: 0 };
    await assert.rejects(
      loadBundle((file) => (file === endlessFile ? endless(file, sent) : whole(file))),
      (error) => error instanceof StudentError && /sends more than \d+ bytes/.test(error.message),
    );
    assert.ok(sent.chunks < 10, `${sent.chunks} chunks`);
  }
  await assert.rejects(
    loadBundle(() => new Response('gone', { status: 404 })),
    (error) =>
      error instanceof StudentError && /manifest\.json: the server answered with status 404/.test(error.message),
  );
  const asked: Record<string, number> = {};
  await loadBundle((file, most) => {
    asked[file] = most;
    return fs.readFileSync(join(bundle, file));
  });
  assert.equal(asked['items.json'], fs.statSync(join(bundle, 'items.json')).size);
});
