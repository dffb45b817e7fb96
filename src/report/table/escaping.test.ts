/** Whatever text comes from data: CSV parses back, Markdown cells stay cells, HTML has no markup of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { resultTable } from './index.js';

/** Characters that mean something in one of the forms are drawn often. */
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom('|', '\\', '"', ',', '\n', '\r', '<', '>', '&', "'", '`', '*', ' ', 'a', '\u001b'),
  }),
  fc.string({ unit: 'grapheme' }),
);
const number = fc.oneof(fc.double(), fc.constant(undefined));
const row = fc.record({ name: text, value: number, mark: fc.option(text, { nil: undefined }) });
const tables = fc.record({ title: text, rows: fc.array(row, { maxLength: 5 }) }).map((drawn) => ({
  ...drawn,
  table: resultTable({
    title: drawn.title,
    columns: [
      { id: 'name', title: drawn.title, kind: 'text' },
      { id: 'value', title: 'value', kind: 'metric' },
    ],
    rows: drawn.rows.map(({ name, value, mark }) => ({
      cells: { name, value },
      ...(mark === undefined ? {} : { marks: { name: mark } }),
    })),
  }),
}));

/** RFC 4180, with either end of line. */
function parseCsv(csv: string): string[][] {
  const rows: string[][] = [['']];
  let quoted = false;
  for (let at = 0; at < csv.length; at++) {
    const [char, line] = [csv[at]!, rows.at(-1)!];
    const add = (more: string) => {
      line[line.length - 1] += more;
    };
    if (quoted && char === '"' && csv[at + 1] === '"') {
      add('"');
      at += 1;
    } else if (char === '"') quoted = !quoted;
    else if (char === ',' && !quoted) line.push('');
    else if (char === '\n' && !quoted) rows.push(['']);
    else add(char);
  }
  return rows;
}

test('CSV parses back to the values', () => {
  fc.assert(
    fc.property(tables, ({ table, rows }) => {
      const marked = rows.some((r) => r.mark !== undefined);
      const [head, ...lines] = parseCsv(table.toCsv());
      assert.deepEqual(head, ['name', ...(marked ? ['name_mark'] : []), 'value']);
      const expected = rows.map(({ name, value, mark }) => [
        ...[name, ...(marked ? [mark ?? ''] : [])],
        value === undefined || Number.isNaN(value) ? '' : String(value),
      ]);
      assert.deepEqual(lines, expected);
    }),
  );
});

test('Markdown has one line for each row and the cells of its columns', () => {
  fc.assert(
    fc.property(tables, ({ table, rows }) => {
      const lines = table.toMarkdown().split(/[\n\r]/);
      const start = lines.indexOf('|---|---:|') - 1;
      assert.equal(lines.length - start, rows.length + 2);
      for (const line of [lines[start]!, ...lines.slice(start + 2)]) {
        // Pipes that are not escaped: those after an even number of backslashes.
        const pipes = [...line.matchAll(/(\\*)\|/g)].filter(([, before]) => before!.length % 2 === 0);
        assert.equal(pipes.length, 3, line);
        assert.doesNotMatch(line.replace(/\\[\\|*_`<>[\]&~]/g, ''), /[\\<>`&]/, line);
      }
    }),
  );
});

test('text has one line for each row and no control characters', () => {
  fc.assert(
    fc.property(tables, ({ table, rows }) => {
      const lines = table.toText().split('\n');
      assert.equal(lines.length, rows.length + 4);
      for (const line of lines) assert.doesNotMatch(line, /\p{Cc}/u);
    }),
  );
});

test('HTML has the text as text', () => {
  fc.assert(
    fc.property(tables, ({ table, rows }) => {
      const { document } = parseHTML(`<!doctype html><html><body>${table.toHtml()}</body></html>`);
      const tags = [...document.querySelectorAll('body *')].map((e) => e.tagName.toLowerCase());
      assert.deepEqual(
        tags.filter((tag) => !['div', 'table', 'caption', 'thead', 'tbody', 'tr', 'th', 'td'].includes(tag)),
        [],
      );
      assert.equal(document.querySelectorAll('td').length, 2 * rows.length);
      const seen = [...document.querySelectorAll('td:first-child')].map((td) => td.textContent);
      const clean = (s: string) => s.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
      assert.deepEqual(
        seen,
        rows.map(({ name, mark }) =>
          mark === undefined || mark === '' ? clean(name) : `${clean(name)} ${clean(mark)}`,
        ),
      );
    }),
  );
});
