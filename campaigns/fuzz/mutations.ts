/** Damages to files: of the disk, of transfers, of editors, and on purpose. */
import { type RandomKey, uniformInt } from 'recdistill/math';

/** Draws whole numbers from 0 below a bound. */
export type Draw = (bound: number) => number;

/** The draws of one case: the same seed and case give the same numbers. */
export function drawsOf(key: RandomKey, at: number): Draw {
  let n = 0;
  return (bound) => uniformInt(key, at, n++, Math.max(1, bound));
}

const splice = (bytes: Buffer, at: number, removed: number, added: Buffer | string): Buffer =>
  Buffer.concat([bytes.subarray(0, at), Buffer.from(added), bytes.subarray(at + removed)]);

const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').split('\n');
const joined = (lines: readonly string[]): Buffer => Buffer.from(lines.join('\n'), 'latin1');

/** Replaces one match of `pattern`. Without a match, a bit changes instead. */
function replaced(bytes: Buffer, draw: Draw, pattern: RegExp, by: (found: string) => string): Buffer {
  const text = bytes.toString('latin1');
  const found = [...text.matchAll(pattern)];
  const one = found[draw(found.length)];
  if (one === undefined) return mutations['flip-bit'](bytes, draw);
  return splice(bytes, one.index, one[0].length, Buffer.from(by(one[0]), 'latin1'));
}

const NUMBERS = ['0', '-1', '1e999', 'NaN', 'Infinity', '-0', '0.1', '9007199254740993', '1e-400', '4294967296', '""'];
const TEXTS = [
  '\0',
  '\uFEFF',
  '\uD800',
  '"',
  "'",
  '\\',
  ',',
  '\t',
  '\r',
  '\r\n',
  '\n\n',
  '::',
  '{',
  '}',
  '[',
  ']',
  '#',
];
const DEEP = ['[', '{"a":', '? ', '- ', '(', '"'];

const mutations = {
  'flip-bit'(bytes: Buffer, draw: Draw) {
    const out = Buffer.from(bytes);
    const at = draw(out.length);
    if (out.length > 0) out[at] = out[at]! ^ (1 << draw(8));
    return out;
  },
  'flip-bits'(bytes: Buffer, draw: Draw) {
    let out = bytes;
    for (let n = draw(20); n >= 0; n--) out = mutations['flip-bit'](out, draw);
    return out;
  },
  'set-byte': (bytes: Buffer, draw: Draw) => splice(bytes, draw(bytes.length), 1, Buffer.from([draw(256)])),
  truncate: (bytes: Buffer, draw: Draw) => bytes.subarray(0, draw(bytes.length)),
  'drop-start': (bytes: Buffer, draw: Draw) => bytes.subarray(draw(bytes.length)),
  'drop-middle': (bytes: Buffer, draw: Draw) => splice(bytes, draw(bytes.length), 1 + draw(64), ''),
  'zero-block'(bytes: Buffer, draw: Draw) {
    const at = draw(bytes.length);
    return splice(bytes, at, Math.min(512, bytes.length - at), Buffer.alloc(Math.min(512, bytes.length - at)));
  },
  'insert-nul': (bytes: Buffer, draw: Draw) => splice(bytes, draw(bytes.length), 0, Buffer.alloc(1 + draw(4096))),
  'insert-text': (bytes: Buffer, draw: Draw) => splice(bytes, draw(bytes.length), 0, TEXTS[draw(TEXTS.length)]!),
  'insert-long': (bytes: Buffer, draw: Draw) => splice(bytes, draw(bytes.length), 0, 'x'.repeat(10 ** (3 + draw(4)))),
  'insert-deep': (bytes: Buffer, draw: Draw) =>
    splice(bytes, draw(bytes.length), 0, DEEP[draw(DEEP.length)]!.repeat(10 ** (2 + draw(4)))),
  'deep-whole': (_: Buffer, draw: Draw) => Buffer.from(DEEP[draw(DEEP.length)]!.repeat(10 ** (2 + draw(4)))),
  'pad-nul': (bytes: Buffer, draw: Draw) => Buffer.concat([bytes, Buffer.alloc(10 ** (1 + draw(6)))]),
  'pad-text': (bytes: Buffer, draw: Draw) =>
    Buffer.concat([bytes, Buffer.from(TEXTS[draw(TEXTS.length)]!.repeat(1 + draw(9)))]),
  'file-twice': (bytes: Buffer) => Buffer.concat([bytes, bytes]),
  empty: () => Buffer.alloc(0),
  'swap-lines'(bytes: Buffer, draw: Draw) {
    const lines = linesOf(bytes);
    const [a, b] = [draw(lines.length), draw(lines.length)];
    [lines[a], lines[b]] = [lines[b]!, lines[a]!];
    return joined(lines);
  },
  'drop-line'(bytes: Buffer, draw: Draw) {
    const lines = linesOf(bytes);
    lines.splice(draw(lines.length), 1);
    return joined(lines);
  },
  'repeat-line'(bytes: Buffer, draw: Draw) {
    const lines = linesOf(bytes);
    const at = draw(lines.length);
    lines.splice(at, 0, lines[at]!);
    return joined(lines);
  },
  'change-number': (bytes: Buffer, draw: Draw) =>
    replaced(bytes, draw, /-?\d+(?:\.\d+)?/g, () => NUMBERS[draw(NUMBERS.length)]!),
  'change-value': (bytes: Buffer, draw: Draw) =>
    replaced(bytes, draw, /"[^"\n]*"|true|false|null/g, () => ['null', '{}', '[]', '7', '"x"', 'true'][draw(6)]!),
  'repeat-key': (bytes: Buffer, draw: Draw) =>
    replaced(bytes, draw, /"[\w@]+":\s*(?:"[^"\n]*"|-?\d[\d.]*)/g, (pair) => `${pair},${pair.replace(/\d/, '8')}`),
} satisfies Record<string, (bytes: Buffer, draw: Draw) => Buffer>;

const names = Object.keys(mutations) as (keyof typeof mutations)[];

/** A damage drawn at random, with its name. */
export function mutated(bytes: Buffer, draw: Draw): { readonly name: string; readonly bytes: Buffer } {
  const name = names[draw(names.length)]!;
  return { name, bytes: mutations[name](bytes, draw) };
}
