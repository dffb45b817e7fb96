/** The first five minutes of docs/serving.md, word by word, in a shell. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from './started.js';

const folder = mkdtempSync(join(tmpdir(), 'recdistill-page-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const page = readFileSync(join(root, 'docs', 'serving.md'), 'utf8');

/** A port that was free a moment ago. */
const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** curl as far as the page uses it, for machines without. */
const curl = `#!${process.execPath}
const words = process.argv.slice(2);
const json = words.includes('--json') ? words[words.indexOf('--json') + 1] : undefined;
const url = words.find((word) => word.startsWith('http'));
const init = json === undefined ? {} : { method: 'POST', body: json, headers: { 'content-type': 'application/json' } };
(async () => {
  for (let left = words.includes('--retry') ? 600 : 0; ; left--) {
    const answer = await fetch(url, init).catch(() => undefined);
    if (answer) return console.log(await answer.text());
    if (left === 0) process.exit(7);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
})();
`;

test('the commands of the page end in two answers', {
  skip: process.platform === 'win32' && 'needs a POSIX shell',
}, async () => {
  const port = await freePort();
  const commands = /```sh\n(.*?)```/s.exec(page)![1]!.replaceAll('8080', String(port));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const program = (name: string, text: string) => {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  };
  program('curl', curl);
  program('recdistill', `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist', 'cli', 'main.js')}" "$@"\n`);
  const { RECDISTILL_DATA: _, RECDISTILL_TOKEN: __, ...env } = process.env;
  const ended = spawnSync('bash', ['-e', '-c', `${commands}\nwait`], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 240_000,
    env: { ...env, PATH: `${bin}:${env.PATH}` },
  });
  assert.equal(ended.status, 0, ended.stderr);
  const answers = ended.stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  assert.deepEqual(answers[0], { status: 'ok' });
  assert.deepEqual([answers[1].user, answers[1].basis, answers[1].recommendations.length], ['u007', 'user', 3]);
  assert.deepEqual([answers[2].basis, answers[2].recommendations.length], ['history', 3]);
  assert.match(ended.stdout, /Stopped serving runs\/small\/student/);
});

test('the page names every path of the server', () => {
  const source = ['routes.ts', 'operation.ts'].map((file) => readFileSync(join(root, 'src', 'serve', file), 'utf8'));
  const paths = source.flatMap((text) => [...text.matchAll(/'(\/[a-z][\w/.:]*)'/g)].map((m) => m[1]!));
  assert.ok(paths.length >= 10);
  for (const path of paths) assert.ok(page.includes(path.replace(/:(\w+)/g, '{$1}')), path);
});
