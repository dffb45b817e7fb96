/** Lists of texts as two tensors: the UTF-8 bytes of all texts, and where each ends. A range of them is read without the others. */
import { fail } from '../../errors.js';

/** Half of a surrogate pair, which UTF-8 cannot hold. */
const HALF = /\p{Surrogate}/u;

export interface PackedTexts {
  readonly bytes: Uint8Array;
  /** Start of each text and the end of the last, length: number of texts + 1. */
  readonly starts: Uint32Array;
}

/** @throws RecdistillError `bad-data` for text that UTF-8 cannot hold, `over-limit` for 4 GiB of text and more */
export function packTexts(texts: readonly string[], what: string): PackedTexts {
  const starts = new Uint32Array(texts.length + 1);
  let size = 0;
  for (const [k, text] of texts.entries()) {
    if (HALF.test(text)) {
      const problem = `${JSON.stringify(text)} is no valid Unicode text, so that no file can hold it`;
      fail('bad-data', { path: what, problem, hint: 'Correct this id or name.' });
    }
    size += Buffer.byteLength(text);
    if (size >= 2 ** 32) fail('over-limit', { path: what, problem: 'its texts have 4 GiB or more' });
    starts[k + 1] = size;
  }
  const bytes = new Uint8Array(size);
  const buffer = Buffer.from(bytes.buffer);
  for (const [k, text] of texts.entries()) buffer.write(text, starts[k]!);
  return { bytes, starts };
}

/**
 * The texts of a range.
 * @param bytes of the range
 * @param starts of its texts and the end of the last, all counted from the first byte of the whole list
 */
export function unpackTexts({ bytes, starts }: PackedTexts): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = starts[0] ?? 0;
  const texts = new Array<string>(Math.max(0, starts.length - 1));
  for (let k = 0; k < texts.length; k++) texts[k] = buffer.toString('utf8', starts[k]! - first, starts[k + 1]! - first);
  return texts;
}
