/** Finds start and end of the data in a text: without blank lines, Excel's first line, and padding at the end. */
import type { Chunks } from './copies.js';

const [NUL, TAB, LF, CR, CTRL_Z, BLANK] = [0x00, 0x09, 0x0a, 0x0d, 0x1a, 0x20];

/** Excel's first line, such as `sep=;`. */
const SEPARATOR = /^"?sep=(.)"?(?:\r\n|\n|\r)/i;
/** Longer than that line, in bytes. */
const SEPARATOR_BYTES = 16;

export interface TextStart {
  /** Offset of the first line of data, in bytes. */
  readonly skip: number;
  /** Delimiter from the line `sep=;`. */
  readonly delimiter?: string;
}

/**
 * The start of the data in a UTF-8 text, after blank lines and the line `sep=;`.
 * @param mark length of the byte order mark in bytes
 */
export async function startOfText(read: () => Chunks, head: Buffer, mark: number): Promise<TextStart> {
  const first = await afterBlankLines(read, head, mark);
  const [line, delimiter] = SEPARATOR.exec(head.toString('utf8', first, first + SEPARATOR_BYTES)) ?? [];
  if (line === undefined || delimiter === undefined) return { skip: first };
  return { skip: await afterBlankLines(read, head, first + Buffer.byteLength(line)), delimiter };
}

const isLineEnd = (byte: number): boolean => byte === LF || byte === CR;
const isBlank = (byte: number): boolean => byte === BLANK || byte === TAB;
const isSign = (byte: number): boolean => !isBlank(byte) && !isLineEnd(byte) && byte !== NUL && byte !== CTRL_Z;

/** Offset of the first non-blank line from `from` on. Whitespace at its start belongs to it. */
async function afterBlankLines(read: () => Chunks, head: Buffer, from: number): Promise<number> {
  const next = head[from];
  if (next !== undefined && !isLineEnd(next) && !isBlank(next)) return from;
  let [at, start] = [0, from];
  for await (const chunk of read()) {
    for (let k = Math.max(0, from - at); k < chunk.length; k++) {
      if (isLineEnd(chunk[k]!)) start = at + k + 1;
      else if (!isBlank(chunk[k]!)) return start;
    }
    at += chunk.length;
  }
  return start;
}

/** Finds the end of the last non-blank line of a text. Zero bytes and Ctrl-Z after it are not data. */
export class TextEnd {
  /** Number of bytes up to the last character of data. 0 if there is none. */
  dataEnd = 0;
  /** Number of bytes up to the end of the last line, including its line end. */
  #end = 0;
  #taken = 0;
  /** No line end followed the last character of data yet: whitespace still belongs to the line. */
  #open = true;
  #before = NUL;
  /** The last line is followed by more than line ends. */
  #more = false;

  take(chunk: Uint8Array): void {
    const after = chunk.findLastIndex(isSign) + 1;
    if (after > 0) {
      this.dataEnd = this.#taken + after;
      this.#end = this.dataEnd;
      this.#open = true;
      this.#more = false;
    }
    for (let k = after; k < chunk.length; k++) this.#next(chunk[k]!, this.#taken + k);
    this.#taken += chunk.length;
  }

  #next(byte: number, at: number): void {
    const both = byte === LF && this.#before === CR && this.#end === at;
    this.#before = byte;
    if (both || (this.#open && (isBlank(byte) || isLineEnd(byte)))) {
      this.#end = at + 1;
      this.#open &&= isBlank(byte);
      return;
    }
    this.#open = false;
    this.#more ||= !isLineEnd(byte);
  }

  /** Length to truncate the text to, in bytes. Undefined if only empty lines follow the last one. */
  get cut(): number | undefined {
    return this.#more ? this.#end : undefined;
  }
}
