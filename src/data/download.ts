/** Downloads one public file and verifies it. The file appears complete or not at all. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail } from '../errors.js';
import { discard, makeFolder, publish, temporaryBeside, writeFailed, writing } from '../formats/index.js';
import type { Download } from './catalog.js';

/** Maximum time for one complete file. */
const TIMEOUT_MS = 10 * 60 * 1000;

/**
 * Downloads `what.url` to `path`. The file appears under its name only after its size and SHA-256 have been verified.
 * @throws RecdistillError `download-failed` if the server cannot be reached or sends other content, `write-failed`
 */
export async function download(what: Download, path: string): Promise<void> {
  makeFolder(dirname(path));
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, 'wx').catch((e) => writeFailed(temporary, e));
    try {
      await receive(what, (bytes) => file.writeFile(bytes).catch((e) => writeFailed(temporary, e)));
      await file.sync();
    } finally {
      await file.close();
    }
    writing(path, () => publish(temporary, path));
  } finally {
    discard(temporary);
  }
}

async function receive(what: Download, write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  const { url } = what;
  const unreachable = (cause: unknown): never => {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return fail('download-failed', { url, reason: inner instanceof Error ? inner.message : String(inner) }, cause);
  };
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(unreachable);
  if (!response.ok || !response.body) fail('download-failed', { url, reason: `the server answers ${response.status}` });
  const hash = createHash('sha256');
  let size = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(unreachable);
    if (done) break;
    size += value.length;
    if (size > what.bytes) {
      await reader.cancel();
      fail('download-failed', { url, reason: `it is longer than the ${what.bytes} bytes expected` });
    }
    hash.update(value);
    await write(value);
  }
  const digest = hash.digest('hex');
  if (digest !== what.sha256) {
    fail('download-failed', {
      url,
      reason: `its SHA-256 is ${digest}, expected ${what.sha256} (${size} of ${what.bytes} bytes)`,
    });
  }
}
