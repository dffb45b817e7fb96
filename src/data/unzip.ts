/** Zip archives: checked as a whole, then unpacked to the temporary folder of a load. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Entry, ZipFile } from 'yauzl';
import { fail } from '../errors.js';
import { type Chunks, copyTo, roomIn, spaceFor, tooLarge } from './copies.js';
import { crc32 } from './crc32.js';
import { isHidden } from './file-names.js';
import { refuseForeignArchive } from './foreign.js';
import { damaged } from './packing.js';

/** More entries than any data set has. */
const MOST_ENTRIES = 100_000;

/**
 * Unpacks the files of a zip archive, but for hidden ones and what macOS adds, into a new folder.
 * @param shown what messages name
 * @param folder the temporary folder of the load
 * @returns the new folder
 * @throws RecdistillError `bad-data` for an archive that is damaged, encrypted, a file of another
 * program, or would write outside of the folder, `write-failed` if
 * there is no room for what it says that it holds
 */
export async function unzip(path: string, shown: string, folder: string | undefined): Promise<string> {
  const room = await roomIn(folder);
  const broken = (cause: unknown): never => damaged(shown, 'zip', messageOf(cause), cause);
  const yauzl = await import('yauzl');
  const zip = await yauzl.openPromise(path, { autoClose: false }).catch(broken);
  try {
    const entries = await entriesOf(zip, shown, yauzl.validateFileName);
    const claimed = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
    const space = await spaceFor(room);
    if (claimed > space) tooLarge(shown, room, String(claimed), space);
    for (const entry of entries) {
      const target = join(room, entry.fileName);
      await mkdir(dirname(target), { recursive: true });
      const chunks = await zip.openReadStreamPromise(entry).catch(broken);
      await copyTo(target, checked(chunks, entry, shown), shown, entry.uncompressedSize);
    }
  } finally {
    zip.close();
  }
  return room;
}

/** @param problemOf says what is wrong with the name of a file; null if nothing is */
async function entriesOf(
  zip: ZipFile,
  shown: string,
  problemOf: (fileName: string) => string | null,
): Promise<Entry[]> {
  if (zip.entryCount > MOST_ENTRIES) {
    const hint = 'Unpack it and name the folder.';
    fail('bad-data', {
      path: shown,
      problem: `holds ${zip.entryCount} files; at most ${MOST_ENTRIES} are taken`,
      hint,
    });
  }
  const entries: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry);
  } catch (cause) {
    const problem = messageOf(cause);
    if (/^(?:invalid relative path|absolute path|invalid characters in fileName)/.test(problem))
      outside(shown, problem);
    damaged(shown, 'zip', problem, cause);
  }
  const files = entries.filter(({ fileName }) => !fileName.endsWith('/'));
  refuseForeignArchive(
    shown,
    files.map(({ fileName }) => fileName),
  );
  for (const entry of files) {
    const wrong = problemOf(entry.fileName);
    if (wrong !== null) outside(shown, wrong);
    if (entry.isEncrypted()) {
      const hint = 'Unpack it with its password and name the file or folder.';
      fail('bad-data', { path: shown, problem: `is encrypted (${entry.fileName})`, hint });
    }
    if (!entry.canDecodeFileData()) {
      const problem = `${entry.fileName} is packed by method ${entry.compressionMethod}; only stored and deflated files are read`;
      fail('bad-data', { path: shown, problem, hint: 'Unpack it and name the file or folder.' });
    }
  }
  return files.filter(({ fileName }) => !fileName.split('/').some((name) => isHidden(name)));
}

const outside = (shown: string, problem: string): never =>
  fail('bad-data', {
    path: shown,
    problem: `holds a file that would be written outside of its folder (${problem})`,
    hint: 'Do not trust this archive. Unpack it with care and name the file or folder.',
  });

/** yauzl checks sizes and leaves the checksum to its users. */
async function* checked(chunks: Chunks, entry: Entry, shown: string): AsyncGenerator<Uint8Array> {
  let sum = 0;
  try {
    for await (const chunk of chunks) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (cause) {
    damaged(shown, 'zip', `${entry.fileName}: ${messageOf(cause)}`, cause);
  }
  if (sum !== entry.crc32) damaged(shown, 'zip', `the checksum of ${entry.fileName} differs`);
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
