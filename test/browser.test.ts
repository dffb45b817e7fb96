/** The student in a real browser: the example page, and every answer with the bits that it has in Node. */
import assert from 'node:assert/strict';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { parseBundle, type Student } from 'recdistill/student';
import { everythingFromItems, madeUpBundle, madeUpItemsOnly } from './made-up-bundle.js';
import { type Started, start } from './started.js';

/** A Chromium of this machine: RECDISTILL_CHROMIUM, or one on the path. */
function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const found = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return [process.env.RECDISTILL_CHROMIUM, ...found].find((file) => {
    try {
      accessSync(file ?? '', constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const executablePath = findChromium();
const skip =
  executablePath === undefined && 'no Chromium on this machine: install chromium, or set RECDISTILL_CHROMIUM';
const folder = mkdtempSync(join(tmpdir(), 'recdistill-browser-'));
let student: Student;
let server: Started;
let browser: Browser | undefined;

before(async () => {
  if (executablePath === undefined) return;
  student = madeUpBundle(join(folder, 'bundle'));
  server = await start('examples/browser/serve.mjs', join(folder, 'bundle'), '0');
  // The sandbox of the browser needs rights that containers do not give; the page is our own.
  browser = await chromium.launch({ executablePath, chromiumSandbox: false });
});
after(async () => {
  await browser?.close();
  if (executablePath !== undefined) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('examples/browser shows what fits to what was pressed', { skip }, async () => {
  const page = await browser!.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('requestfailed', (request) => problems.push(request.url()));
  await page.goto(server.url);
  await page.locator('#state', { hasText: /300 items, ready after \d+ ms \(WebAssembly\)/ }).waitFor();
  await page.locator('button[data-item="7"]').click();
  await page.locator('button[data-item="9"]').click();
  const shown = await page
    .locator('#list li')
    .evaluateAll((lines) => lines.map((line) => line.getAttribute('data-item')));
  assert.deepEqual(
    shown,
    student.recommendFromItems(['7', '9'], { k: 5 }).map((r) => r.itemId),
  );
  assert.equal(await page.locator('#list li').first().textContent(), `Item ${shown[0]}`);
  assert.deepEqual(problems, []);
  await page.close();
});

/** Runs in the page and in Node alike: everything that a student answers, as text with all digits. */
function everything(s: Student): string {
  return JSON.stringify([
    s.batch(s.model.userIds, { k: 5, exclude: ['3'] }),
    s.similarItems('7', { k: 5 }),
    s.recommendFromItems(['1', '2'], { k: 5 }),
    s.recommend('1', { candidates: ['9', '8'] }),
    s.score('2', '4'),
  ]);
}

for (const kernel of ['auto', 'plain'] as const) {
  test(`Chromium gives the bits of Node, kernel ${kernel}`, { skip }, async () => {
    const page = await browser!.newPage();
    await page.goto(server.url);
    const got = await page.evaluate(
      async ([kind, questions]) => {
        const path = '/student/index.js';
        const { createStudent, loadBundle } = await import(path);
        const { model } = await loadBundle((file: string) => fetch(`/bundle/${file}`));
        const made = createStudent(model, { kernel: kind });
        return [made.warmUp(), new Function(`return (${questions})`)()(made)];
      },
      [kernel, everything.toString()] as const,
    );
    assert.deepEqual(got, [kernel === 'auto' ? 'wasm' : 'plain', everything(student)]);
    await page.close();
  });
}

for (const precision of ['f32', 'f16', 'int8'] as const) {
  test(`Chromium gives the bits of Node without users, ${precision}`, { skip }, async () => {
    const expected = await madeUpItemsOnly(join(folder, precision), precision);
    const own = await start('examples/browser/serve.mjs', join(folder, precision), '0');
    const page = await browser!.newPage();
    try {
      await page.goto(own.url);
      const got = await page.evaluate(async (questions) => {
        const path = '/student/index.js';
        const { createStudent, loadBundle } = await import(path);
        const { model } = await loadBundle((file: string) => fetch(`/bundle/${file}`));
        return new Function(`return (${questions})`)()(createStudent(model));
      }, everythingFromItems.toString());
      assert.equal(got, everythingFromItems(expected));
      assert.equal(await page.locator('#list li').count(), 3, 'popular items without likes');
    } finally {
      await page.close();
      await own.stop();
    }
  });
}

test('a damaged bundle is refused in the browser', { skip }, async () => {
  const page = await browser!.newPage();
  await page.goto(server.url);
  const code = await page.evaluate(async () => {
    const path = '/student/index.js';
    const { loadBundle } = await import(path);
    return loadBundle(async (file: string) => {
      const bytes = new Uint8Array(await (await fetch(`/bundle/${file}`)).arrayBuffer());
      if (file === 'student.safetensors') bytes[bytes.length - 1]! ^= 1;
      return bytes;
    }).then(
      () => 'loaded',
      (error: { code: string }) => error.code,
    );
  });
  assert.equal(code, 'bundle-damaged');
  await assert.rejects(parseBundle({ manifest: '{}', tensors: '', items: '', users: '' }), { code: 'bundle-damaged' });
  await page.close();
});
