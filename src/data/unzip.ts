/** Checks a zip archive completely, then unpacks it to the temporary folder of a load. */
import { dirname, join } from 'node:path';
import type { Entry, ZipFile } from 'yauzl';
import { fail } from '../errors.js';
import { makeFolder } from '../formats/index.js';
import { damaged } from './compression.js';
import { type Chunks, copyTo, newCopyFolder, spaceFor, tooLarge } from './copies.js';
import { crc32 } from './crc32.js';
import { isHidden } from './file-names.js';
import { refuseForeignArchive } from './unsupported-formats.js';

/** More entries than any data set has. */
const MAX_ENTRIES = 100_000;

/**
 * Unpacks the files of a zip archive into a new folder, except for hidden files and those that macOS adds.
 * @param shown name used in messages
 * @param folder the temporary folder of the load
 * @returns the new folder
 * @throws RecdistillError `bad-data` for an archive that is damaged, encrypted, the file format of another program, or
 * would write outside of the folder; `write-failed` if there is no space for its declared content
 */
export async function unzip(path: string, shown: string, folder: string | undefined): Promise<string> {
  const room = await newCopyFolder(folder);
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
      makeFolder(dirname(target));
      const chunks = await zip.openReadStreamPromise(entry).catch(broken);
      await copyTo(target, checked(chunks, entry, shown), shown, entry.uncompressedSize);
    }
  } finally {
    zip.close();
  }
  return room;
}

/** @param problemOf the problem of a file name, or null */
async function entriesOf(
  zip: ZipFile,
  shown: string,
  problemOf: (fileName: string) => string | null,
): Promise<Entry[]> {
  if (zip.entryCount > MAX_ENTRIES) {
    const hint = 'Unpack it and name the folder.';
    fail('bad-data', {
      path: shown,
      problem: `contains ${zip.entryCount} files; at most ${MAX_ENTRIES} are allowed`,
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
    if (entry.fileName.includes('\0'))
      damaged(shown, 'zip', `the name of a file has a zero byte: ${JSON.stringify(entry.fileName)}`);
    const wrong = problemOf(entry.fileName);
    if (wrong !== null) outside(shown, wrong);
    if (entry.isEncrypted()) {
      const hint = 'Unpack it with its password and give the file or folder.';
      fail('bad-data', { path: shown, problem: `is encrypted (${entry.fileName})`, hint });
    }
    if (!entry.canDecodeFileData()) {
      const problem = `${entry.fileName} uses compression method ${entry.compressionMethod}; only stored and deflated files are supported`;
      fail('bad-data', { path: shown, problem, hint: 'Unpack it and name the file or folder.' });
    }
  }
  return files.filter(({ fileName }) => !fileName.split('/').some((name) => isHidden(name)));
}

const outside = (shown: string, problem: string): never =>
  fail('bad-data', {
    path: shown,
    problem: `contains a file that would be written outside of its folder (${problem})`,
    hint: 'Do not trust this archive. Unpack it with care and give the file or folder.',
  });

/** yauzl checks sizes but not the checksum. */
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
