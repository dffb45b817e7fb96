/** Another bundle in place of the one that is served, while requests come. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { readSealedJson, writeSealedJson } from '../formats/sealed-json.js';
import { createFolder, madeUpStudent, writeMadeUp } from './made-up.test.support.js';
import { oneAtATime } from './one-at-a-time.js';
import { serve } from './serve.js';
import type { Serving } from './serving.js';

const folder = createFolder();
after(() => folder.remove());

const SWAPS = 8;

/** Keeps asking until `over`; every answer must be the whole list of the bundle that it names. */
async function keepAsking(
  server: Serving,
  lists: ReadonlyMap<string, unknown>,
  over: () => boolean,
): Promise<Set<string>> {
  const bundles = new Set<string>();
  while (!over()) {
    const answer = await fetch(`${server.url}/v1/users/u3/recommendations?k=20`);
    assert.equal(answer.status, 200);
    const { bundle, recommendations } = (await answer.json()) as { bundle: string; recommendations: unknown };
    bundles.add(bundle);
    // The id of a bundle is known here once it was reloaded, which may be after its first answers.
    const expected = lists.get(bundle);
    if (expected) assert.deepEqual(recommendations, expected);
  }
  return bundles;
}

for (const workers of [1, 2]) {
  test(`no request fails and no list is mixed while bundles are swapped, ${workers} worker(s)`, async () => {
    const bundle = folder.path(`bundle-${workers}`);
    writeMadeUp(bundle);
    const server = await serve(bundle, { port: 0, log: 'silent', workers });
    try {
      const lists = new Map<string, unknown>();
      let done = false;
      const clients = Array.from({ length: 8 }, () => keepAsking(server, lists, () => done));
      for (let seed = 2; seed < 2 + SWAPS; seed++) {
        writeMadeUp(bundle, seed);
        const about = (await server.reload()) as { bundle: string };
        lists.set(about.bundle, madeUpStudent(seed).recommend('u3', { k: 20 }));
      }
      done = true;
      const met = new Set((await Promise.all(clients)).flatMap((bundles) => [...bundles]));
      assert.equal(lists.size, SWAPS);
      assert.ok(met.size > 1);
      const last = (await (await fetch(`${server.url}/v1/bundle`)).json()) as { bundle: string };
      assert.equal(last.bundle, [...lists.keys()].at(-1));
    } finally {
      await server.close();
    }
  });

  test(`a damaged bundle is refused and the previous one stays in service, ${workers} worker(s)`, async () => {
    const bundle = folder.path(`damaged-${workers}`);
    writeMadeUp(bundle);
    const server = await serve(bundle, { port: 0, log: 'silent', workers });
    try {
      const before = await (await fetch(`${server.url}/v1/users/u3/recommendations`)).text();
      writeFileSync(folder.path(`damaged-${workers}`, 'items.json'), '{"ids": []}');
      await assert.rejects(server.reload(), { code: 'reload-failed', message: /previous one stays in service/ });
      const answer = await fetch(`${server.url}/v1/reload`, { method: 'POST' });
      assert.equal(answer.status, 422);
      assert.equal(((await answer.json()) as { error: { code: string } }).error.code, 'reload-failed');
      assert.equal(await (await fetch(`${server.url}/v1/users/u3/recommendations`)).text(), before);
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      assert.match(metrics, /recdistill_reloads_total\{outcome="failed"\} 2/);
    } finally {
      await server.close();
    }
  });
}

for (const workers of [1, 2]) {
  test(`a manifest with a wrong type is refused before anything changes, ${workers} worker(s)`, async () => {
    const name = `wrong-${workers}`;
    const [bundle, manifest] = [folder.path(name), folder.path(name, 'manifest.json')];
    writeMadeUp(bundle);
    const server = await serve(bundle, { port: 0, log: 'silent', workers });
    try {
      const before = await (await fetch(`${server.url}/v1/bundle`)).text();
      writeMadeUp(bundle, 2);
      const { sha256: _, ...rest } = readSealedJson(manifest);
      writeSealedJson(manifest, { ...rest, metrics: { 'recall@10': 'high' } });
      const answer = await fetch(`${server.url}/v1/reload`, { method: 'POST' });
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      assert.deepEqual([answer.status, error.code], [422, 'reload-failed']);
      assert.match(error.message, /manifest\.json is damaged: its "metrics\.recall@10" is "high"/);
      assert.equal(await (await fetch(`${server.url}/v1/bundle`)).text(), before);
      writeMadeUp(bundle, 2);
      const now = (await server.reload()) as { bundle: string };
      assert.notEqual(now.bundle, (JSON.parse(before) as { bundle: string }).bundle);
    } finally {
      await server.close();
    }
  });
}

test('a call that comes during another waits for a further run, which all that wait share', async () => {
  let runs = 0;
  const release: (() => void)[] = [];
  const work = oneAtATime(async () => {
    runs += 1;
    const run = runs;
    await new Promise<void>((resolve) => release.push(resolve));
    if (run === 1) throw new Error('the first fails');
    return run;
  });
  const first = work();
  const [second, third] = [work(), work()];
  assert.equal(runs, 1);
  release[0]!();
  await assert.rejects(first, /the first fails/);
  while (release.length < 2) await new Promise((resolve) => setImmediate(resolve));
  release[1]!();
  assert.deepEqual(await Promise.all([second, third]), [2, 2]);
  const fourth = work();
  release[2]!();
  assert.equal(await fourth, 3);
});
