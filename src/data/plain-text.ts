/** Converts text files to what DuckDB reads reliably: UTF-8, one kind of line end, only lines of data. */
import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { fail } from '../errors.js';
import type { Chunks } from './copies.js';
import { startOfText, TextEnd } from './text-ends.js';

const [LF, CR, QUOTE] = [0x0a, 0x0d, 0x22];

/** Valid values of `--encoding`, for error messages. */
const EXAMPLES =
  'auto, or a name such as utf-8, latin1, windows-1252, iso-8859-2, utf-16le, shift_jis, gb18030, koi8-r';

const MARKS = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
] as const;

/** Length in bytes of the UTF-8 byte order mark at the start of a text. 0 if there is none. */
const markLength = (head: Buffer): number => (encodingOfMark(head) === 'utf-8' ? 3 : 0);

const encodingOfMark = (head: Buffer): string | undefined =>
  MARKS.find(({ bytes }) => bytes.every((byte, k) => head[k] === byte))?.encoding;

/**
 * The name of the encoding of a text.
 * @param given the option `encoding`; `auto` means that of the byte order mark, or UTF-8 without one
 * @throws RecdistillError `bad-option` for an unknown encoding, `bad-data` if the byte order mark is that of another one
 */
export function encodingOf(head: Buffer, given: string, shown: string): string {
  const mark = encodingOfMark(head);
  if (given !== 'auto') {
    const named = decoderOf(given).encoding;
    if (mark === undefined || mark === named) return named;
    const hint = 'Remove --encoding: the byte order mark determines it.';
    const problem = `starts with the byte order mark of ${mark}, but --encoding is ${given}`;
    return fail('bad-data', { path: shown, problem, hint });
  }
  if (mark) return mark;
  // Zero bytes after the text are removed later.
  const text = head.subarray(0, head.findLastIndex((byte) => byte !== 0) + 1);
  if (text.length === 0 && head.length > 0) {
    const hint = 'It was not written completely. Download or export it again.';
    fail('bad-data', { path: shown, problem: 'starts with zero bytes and is not text', hint });
  }
  // In most UTF-16 text every second byte is 0. UTF-8 text has no zero bytes.
  const zeros = [0, 1].map((from) => text.filter((byte, k) => byte === 0 && k % 2 === from).length) as [number, number];
  if ((zeros[0] + zeros[1]) * 5 > text.length * 3) {
    const hint = 'It looks like UTF-32. Save it as UTF-8: iconv -f UTF-32LE -t UTF-8 FILE > utf8.csv';
    fail('bad-data', { path: shown, problem: 'the text is not UTF-8: it has many zero bytes', hint });
  }
  if (Math.max(...zeros) * 4 > text.length) {
    const likely = zeros[1] > zeros[0] ? 'utf-16le' : 'utf-16be';
    const hint = `It looks like UTF-16 without a byte order mark: --encoding ${likely}. If it is not text, export it as CSV or Parquet.`;
    fail('bad-data', { path: shown, problem: 'the text is not UTF-8: it has many zero bytes', hint });
  }
  return 'utf-8';
}

/** Whether the first bytes of a file can be text in `encoding`. */
export const looksLikeText = (head: Buffer, encoding: string): boolean =>
  encodingOfMark(head) !== undefined ||
  encoding.startsWith('utf-16') ||
  (!head.some((byte) => byte < 9) && (encoding !== 'auto' || isUtf8(head.subarray(0, head.length - unfinished(head)))));

/** @throws RecdistillError `bad-option` for an unknown encoding */
export function checkEncoding(encoding: string): void {
  if (encoding !== 'auto') decoderOf(encoding);
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    const given = JSON.stringify(encoding);
    return fail('bad-option', { option: 'encoding', owner: 'data', given, expected: EXAMPLES }, cause);
  }
}

/** Converts text to UTF-8. @throws RecdistillError `bad-data` for bytes that are not valid in `encoding` */
export async function* toUtf8(chunks: Chunks, encoding: string, shown: string): AsyncGenerator<Uint8Array> {
  const decoder = decoderOf(encoding);
  let line = 1;
  const decode = (chunk?: Uint8Array): string => {
    try {
      const text = chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
      return decoder.encoding === 'windows-1252' ? fixWindows1252(text) : text;
    } catch (cause) {
      const hint = 'Choose another --encoding, or save the file as UTF-8.';
      const problem = `line ${line} or shortly after it: the text is not ${decoder.encoding}`;
      return fail('bad-data', { path: shown, problem, hint }, cause);
    }
  };
  for await (const chunk of chunks) {
    // Small pieces, so that the line number in an error is close.
    for (let at = 0; at < chunk.length; at += 4096) {
      const text = decode(chunk.subarray(at, at + 4096));
      if (text === '') continue;
      yield Buffer.from(text);
      line += text.split('\n').length - 1;
    }
  }
  const rest = decode();
  if (rest !== '') yield Buffer.from(rest);
}

/** The bytes 0x80 to 0x9f in windows-1252, which is `latin1` on the web. Some versions of Node decode them as control characters. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

const fixWindows1252 = (text: string): string =>
  text.replace(/[\x80-\x9f]/g, (sign) => WINDOWS_1252[sign.charCodeAt(0) - 0x80]!);

/** The changes that a text needs before DuckDB can read it. */
export interface TextFindings {
  /** Several kinds of line ends, which DuckDB rejects. */
  readonly mixedLineEnds: boolean;
  /** Bytes before the data: blank lines and the line `sep=;`, including a byte order mark before them. 0 without such lines. */
  readonly skip: number;
  /** Length in bytes to truncate the text to, if its last line is followed by more than empty lines. */
  readonly cut?: number;
  /** Delimiter from the line `sep=;`. */
  readonly delimiter?: string;
}

/** How to inspect a text. */
export interface TextLayout {
  /** Whether double quotes enclose fields. Line ends within them do not end a line. */
  readonly quotes: boolean;
  /** Whether blank lines count as lines, also at the start. */
  readonly blankLines: boolean;
}

/**
 * Reads a UTF-8 text once, or twice if it contains a carriage return.
 * @param head its first bytes
 * @throws RecdistillError `bad-data` if it is not UTF-8, or has only blank lines
 */
export async function inspectText(
  read: () => Chunks,
  head: Buffer,
  { quotes, blankLines }: TextLayout,
  shown: string,
): Promise<TextFindings> {
  const mark = markLength(head);
  const { skip, ...start } = blankLines ? { skip: mark } : await startOfText(read, head, mark);
  const end = new TextEnd();
  const returns = await checkUtf8(read(), end, shown);
  if (end.dataEnd <= skip) {
    fail('bad-data', { path: shown, problem: 'has only blank lines', hint: 'Expected rows of user and item.' });
  }
  return {
    ...start,
    skip: skip > mark ? skip : 0,
    mixedLineEnds: returns && (await lineEndsOf(read(), quotes)) > 1,
    ...(end.cut === undefined ? {} : { cut: end.cut }),
  };
}

/** @returns whether the text has a carriage return */
async function checkUtf8(chunks: Chunks, end: TextEnd, shown: string): Promise<boolean> {
  let rest: Buffer = Buffer.alloc(0);
  let returns = false;
  let line = 1;
  for await (const chunk of chunks) {
    end.take(chunk);
    const bytes =
      rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const whole = bytes.length - unfinished(bytes);
    const part = bytes.subarray(0, whole);
    if (!isUtf8(part)) notUtf8(part, line, shown);
    returns ||= part.includes(CR);
    line += linesIn(part);
    rest = Buffer.from(bytes.subarray(whole));
  }
  if (rest.length > 0) notUtf8(rest, line, shown);
  return returns;
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines++;
  return lines;
}

/** Number of bytes at the end that belong to an incomplete character. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

function notUtf8(bytes: Buffer, line: number, shown: string): never {
  let start = 0;
  for (let at = bytes.indexOf(LF); at >= 0 && isUtf8(bytes.subarray(start, at)); at = bytes.indexOf(LF, start)) {
    start = at + 1;
    line++;
  }
  const wrong = bytes.subarray(start);
  let at = 0;
  const step = () => [1, 2, 3, 4].find((n) => at + n <= wrong.length && isUtf8(wrong.subarray(at, at + n)));
  for (let n = step(); n !== undefined && at < wrong.length; n = step()) at += n;
  const byte = wrong[at]!.toString(16).padStart(2, '0');
  const hint = 'Set its encoding, such as --encoding latin1 or --encoding windows-1252, or save the file as UTF-8.';
  fail('bad-data', { path: shown, problem: `line ${line}: the text is not UTF-8 (byte 0x${byte})`, hint });
}

/** Characters that may precede an opening quote: a line end, a delimiter, a space. */
const BEFORE_QUOTE = new Set([...'\n\r,;|\t: '].map((sign) => sign.charCodeAt(0)));

/** Tracks quoted fields in a text, byte by byte. */
class Quoting {
  #inside = false;
  /** The previous byte. The start of the text counts as after a line end. */
  #before = LF;
  /** The previous byte was a closing quote. Another quote makes both an escaped quote within the field. */
  #closed = false;

  readonly #enabled: boolean;

  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  /** Takes the next byte. @returns whether it is within a quoted field */
  next(byte: number): boolean {
    const quote = byte === QUOTE && this.#enabled;
    if (this.#inside) {
      this.#inside = !quote;
      this.#closed = quote;
    } else {
      this.#inside = quote && (this.#closed || BEFORE_QUOTE.has(this.#before));
      this.#closed = false;
    }
    this.#before = byte;
    return this.#inside;
  }
}

/** Number of kinds of line ends that a text uses outside of quotes. */
async function lineEndsOf(chunks: Chunks, quotes: boolean): Promise<number> {
  const found = new Set<string>();
  const quoting = new Quoting(quotes);
  let afterReturn = false;
  for await (const chunk of chunks) {
    for (const byte of chunk) {
      const inside = quoting.next(byte);
      if (afterReturn) found.add(byte === LF ? '\r\n' : '\r');
      else if (byte === LF && !inside) found.add('\n');
      afterReturn = byte === CR && !inside;
    }
    if (found.size > 1) break;
  }
  if (afterReturn) found.add('\r');
  return found.size;
}

/** The text from `skip` to `cut`. Mixed line ends outside of quotes are replaced by \n. */
export async function* cleanText(
  chunks: Chunks,
  { skip, cut = Number.POSITIVE_INFINITY, mixedLineEnds }: TextFindings,
  quotes: boolean,
): AsyncGenerator<Uint8Array> {
  const quoting = new Quoting(quotes);
  let at = 0;
  let afterReturn = false;
  for await (const chunk of chunks) {
    const bytes = chunk.subarray(Math.max(0, skip - at), Math.max(0, cut - at));
    at += chunk.length;
    if (!mixedLineEnds) {
      yield bytes;
      continue;
    }
    const out = Buffer.allocUnsafe(bytes.length);
    let length = 0;
    for (const byte of bytes) {
      const inside = quoting.next(byte);
      if (!(afterReturn && byte === LF)) out[length++] = byte === CR && !inside ? LF : byte;
      afterReturn = byte === CR && !inside;
    }
    yield out.subarray(0, length);
  }
}
