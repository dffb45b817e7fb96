/** Where the data of a text starts and ends: blank lines, Excel's first line and what old systems leave at the end are no data. */
import type { Chunks } from './copies.js';

const [NUL, TAB, LF, CR, CTRL_Z, BLANK] = [0x00, 0x09, 0x0a, 0x0d, 0x1a, 0x20];

/** Excel's first line, such as `sep=;`. */
const SEPARATOR = /^"?sep=(.)"?(?:\r\n|\n|\r)/i;
/** Longer than that line. */
const SEPARATOR_BYTES = 16;

export interface TextStart {
  /** Where the first line of data starts, in bytes. */
  readonly skip: number;
  /** What the line `sep=;` says. */
  readonly delimiter?: string;
}

/**
 * The start of a UTF-8 text behind blank lines and the line `sep=;`.
 * @param mark bytes of the byte order mark
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

/** Where the first line starts that is not blank, from `from` on; the blanks at its own start are part of it. */
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

/** Finds the end of the last line of a text that is not blank. Zero bytes and Ctrl-Z behind it are no data either. */
export class TextEnd {
  /** Bytes up to the last sign that is none of these, 0 if there is none. */
  signs = 0;
  /** Bytes up to the end of the last line, with the line end. */
  #end = 0;
  #taken = 0;
  /** No line end has come after the last sign: blanks are still part of the line. */
  #open = true;
  #before = NUL;
  /** More than line ends stands behind the last line. */
  #more = false;

  take(chunk: Uint8Array): void {
    const after = chunk.findLastIndex(isSign) + 1;
    if (after > 0) {
      this.signs = this.#taken + after;
      this.#end = this.signs;
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

  /** Where the text is to be cut, undefined if nothing but empty lines comes behind the last one. */
  get cut(): number | undefined {
    return this.#more ? this.#end : undefined;
  }
}
