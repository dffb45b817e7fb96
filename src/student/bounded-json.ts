/** Reads JSON within limits that are checked before it is parsed, so that no text takes more memory or time than expected. */

export interface JsonLimits {
  /** Largest size in bytes. */
  readonly bytes: number;
  /** Most arrays and objects within each other. */
  readonly depth: number;
  /** Most values, with those within arrays and objects. */
  readonly values: number;
}

/** Manifests, results, presets. Those that we write have less than 1 MB, 10 levels and 10,000 values. */
export const DOCUMENT: JsonLimits = { bytes: 64 * 2 ** 20, depth: 100, values: 2_000_000 };

/**
 * Lists of ids and names, one for each user or item. A JavaScript string has at most 2^29 characters, and a student of
 * 50 million items and 10 dimensions fills the largest array of factors.
 */
export const NAMES: JsonLimits = { bytes: 2 ** 29 - 24, depth: 100, values: 50_000_000 };

/** A text that is not JSON, or exceeds a limit. The message is a sentence about "it". */
export class JsonProblem extends Error {
  /** Whether a limit was exceeded. Otherwise the text is not JSON. */
  readonly tooLarge: boolean;

  constructor(message: string, tooLarge: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'JsonProblem';
    this.tooLarge = tooLarge;
  }
}

/**
 * Parses JSON. The limits are checked before. An object must not have a key twice, of which JSON.parse would drop one, and a number must
 * be in the range of JavaScript, or JSON.parse would make it an infinity.
 * @throws JsonProblem
 */
export function parseJson(source: Uint8Array | string, limits: JsonLimits = DOCUMENT): unknown {
  // A text has no fewer bytes than characters.
  if (source.length > limits.bytes) tooLarge(`it has ${source.length} bytes; at most ${limits.bytes} are read`);
  const text = typeof source === 'string' ? source : decoded(source);
  const twice = scan(text, limits);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JsonProblem(`it is not JSON${placeIn(text, cause)}`, false, cause);
  }
  if (twice !== undefined) {
    const problem = `an object has the key ${twice.key.slice(0, 60)} twice (${lineAndColumn(text, twice.at)})`;
    throw new JsonProblem(problem, false);
  }
  return value;
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new JsonProblem('it is not JSON: it is not UTF-8', false, cause);
  }
}

const [QUOTE, BACKSLASH, COMMA, COLON, ZERO, NINE] = [0x22, 0x5c, 0x2c, 0x3a, 0x30, 0x39];
const [BRACE, BRACE_END, BRACKET, BRACKET_END] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Counts levels and values without recursion.
 * @returns the first key that occurs twice in an object
 */
function scan(text: string, limits: JsonLimits): { key: string; at: number } | undefined {
  // One entry for each open array (undefined) or object.
  const open: (Set<string> | undefined)[] = [];
  let values = 1;
  let twice: { key: string; at: number } | undefined;
  let [start, end] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (sign === QUOTE) {
      start = at;
      at = end = endOfString(text, at);
    } else if (sign >= ZERO && sign <= NINE) at = endOfNumber(text, at) - 1;
    else if (sign === COMMA) values++;
    else if (sign === COLON) {
      const key = text.slice(start, end + 1);
      const keys = open.at(-1);
      if (keys?.has(key)) twice ??= { key, at: start };
      keys?.add(key);
    } else if (sign === BRACE || sign === BRACKET) {
      values++;
      open.push(sign === BRACE ? new Set() : undefined);
      if (open.length > limits.depth)
        tooLarge(`it is nested deeper than ${limits.depth} levels (${lineAndColumn(text, at)})`);
    } else if (sign === BRACE_END || sign === BRACKET_END) open.pop();
    if (values > limits.values) tooLarge(`it has more than ${limits.values} values (${lineAndColumn(text, at)})`);
  }
  return twice;
}

/** The place after the number that starts at `from`. @throws JsonProblem for one that JSON.parse would turn into an infinity */
function endOfNumber(text: string, from: number): number {
  NUMBER.lastIndex = from;
  const [number = ''] = NUMBER.exec(text) ?? [];
  if (Math.abs(Number(number)) === Number.POSITIVE_INFINITY) {
    const problem = `the number ${number.slice(0, 20)} is out of range (${lineAndColumn(text, from)})`;
    throw new JsonProblem(problem, false);
  }
  return from + Math.max(1, number.length);
}

const NUMBER = /\d[\d.eE+-]*/y;

/** The place of the closing quote of the string that starts at `from`, or the end of the text. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((at - before) % 2 === 1) return at;
  }
  return text.length;
}

function tooLarge(problem: string): never {
  throw new JsonProblem(problem, true);
}

/** Engines that know the place say `at position 12`. */
function placeIn(text: string, cause: unknown): string {
  const position = cause instanceof Error ? /at position (\d+)/.exec(cause.message)?.[1] : undefined;
  return position === undefined ? '' : ` (${lineAndColumn(text, Number(position))})`;
}

function lineAndColumn(text: string, at: number): string {
  let [line, start] = [1, 0];
  for (let end = text.indexOf('\n'); end >= 0 && end < at; end = text.indexOf('\n', start)) {
    line++;
    start = end + 1;
  }
  return `line ${line}, column ${at - start + 1}`;
}
