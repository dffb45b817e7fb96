/**
 * Reads YAML within limits that are checked before it is parsed: the parser is recursive, and its time grows with the square of
 * the number of keys, and faster with keys within keys.
 */
import { CST, type Document, Lexer, LineCounter, parseDocument } from 'yaml';
import { fail } from '../errors.js';
import { readBytes } from './read.js';

/**
 * A plan of 1,000 entries has about 40 KB, 20,000 tokens and 6 levels. `aliases` counts the values that the aliases of a file
 * stand for, relative to those that are written out.
 */
export const YAML_LIMITS = { bytes: 128 * 1024, tokens: 40_000, depth: 32, aliases: 100 } as const;

const HINT = 'Divide it into several files, or write shorter lists. Limits: docs/data.md, "Limits".';

export interface ReadYaml {
  readonly document: Document.Parsed;
  /** The place at an offset, such as `plan.yaml, line 2, column 5`. */
  at(offset: number): string;
}

/**
 * Parses a YAML file. Errors of its syntax are in `document.errors`.
 * @throws RecdistillError `file-missing`, `read-failed`, `over-limit`, `usage` if it is not UTF-8
 */
export function readYaml(path: string): ReadYaml {
  const text = textOf(path);
  const counter = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = counter.linePos(offset);
    return `${path}, line ${line}, column ${col}`;
  };
  refuseLarge(path, text);
  const { stackTraceLimit } = Error;
  // Each of thousands of errors would record its stack.
  Error.stackTraceLimit = 0;
  try {
    return { document: parseDocument(text, { lineCounter: counter, prettyErrors: false, stringKeys: true }), at };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The value of a document. @throws RecdistillError `over-limit` if its aliases stand for too many values; `usage` for an alias without anchor */
export function yamlValue(path: string, document: Document.Parsed): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: YAML_LIMITS.aliases });
    refuseDeep(path, value, 0);
    return value;
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    if (/excessive alias count/i.test(cause.message)) {
      const problem = `its aliases stand for more than ${YAML_LIMITS.aliases} times what is written out`;
      fail('over-limit', { path, problem, hint: 'Use fewer aliases of aliases.' }, cause);
    }
    return fail('usage', { problem: `${path}: ${cause.message}`, hint: 'Correct the YAML.' }, cause);
  }
}

/** An alias may stand for what has aliases itself, and for what it is part of. */
function refuseDeep(path: string, value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= YAML_LIMITS.depth) {
    const problem = `its aliases are nested deeper than ${YAML_LIMITS.depth} levels`;
    fail('over-limit', { path, problem, hint: 'Write the values out.' });
  }
  for (const part of Object.values(value)) refuseDeep(path, part, depth + 1);
}

function textOf(path: string): string {
  const bytes = readBytes(path, YAML_LIMITS.bytes, HINT);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    return fail('usage', { problem: `${path} is not UTF-8 text`, hint: 'Save the file as UTF-8.' }, cause);
  }
}

/** Counts tokens and levels as the lexer gives them, which is not recursive. @throws RecdistillError `over-limit` */
function refuseLarge(path: string, text: string): void {
  const tooLarge = (problem: string): never => fail('over-limit', { path, problem, hint: HINT });
  let [tokens, line, column, flow] = [0, 1, 0, 0];
  // Columns at which the open collections of blocks start. One within another starts further to the right.
  let columns: number[] = [];
  // Whether the next word or sign may start a collection: at the start of a line, and after `-`, `?` and `:`.
  let [starts, isText] = [true, false];
  for (const token of new Lexer().lex(text)) {
    const type = isText ? 'scalar' : CST.tokenType(token);
    if (!isText && MARKS.includes(type)) {
      // Marks of the lexer are not in the text.
      isText = type === 'scalar';
      if (type === 'flow-error-end') flow = 0;
      continue;
    }
    isText = false;
    if (++tokens > YAML_LIMITS.tokens)
      tooLarge(`it has more than ${YAML_LIMITS.tokens} words and signs (line ${line})`);
    if (type === 'flow-map-start' || type === 'flow-seq-start') flow++;
    else if (type === 'flow-map-end' || type === 'flow-seq-end') flow = Math.max(0, flow - 1);
    else if (flow === 0 && starts && !BETWEEN.includes(type)) {
      const own = column;
      columns = columns.filter((open) => open < own);
      columns.push(own);
      starts = INDICATORS.includes(type);
    } else if (INDICATORS.includes(type)) starts = true;
    if (columns.length + flow > YAML_LIMITS.depth)
      tooLarge(`it is nested deeper than ${YAML_LIMITS.depth} levels (line ${line})`);
    const lastEnd = token.lastIndexOf('\n');
    if (lastEnd >= 0) {
      line += token.split('\n').length - 1;
      starts = true;
    }
    column = lastEnd >= 0 ? token.length - lastEnd - 1 : column + token.length;
  }
}

type TokenType = ReturnType<typeof CST.tokenType>;
const MARKS: readonly TokenType[] = ['byte-order-mark', 'doc-mode', 'flow-error-end', 'scalar'];
const INDICATORS: readonly TokenType[] = ['seq-item-ind', 'explicit-key-ind', 'map-value-ind'];
/** What may be before the first word of a collection. */
const BETWEEN: readonly TokenType[] = ['space', 'newline', 'comment', 'anchor', 'tag'];
