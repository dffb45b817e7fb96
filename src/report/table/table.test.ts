import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecdistillError } from '../../errors.js';
import { type Column, type ColumnKind, type Row, resultTable, together } from './index.js';

const column = (id: string, kind: ColumnKind, title = id): Column => ({ id, title, kind });

const table = resultTable({
  title: 'Against ease',
  about: ['Mean over 1,000 users.', '* p < 0.05.'],
  columns: [
    column('run', 'text'),
    { ...column('recall@10', 'metric'), meaning: 'hits / "relevant"' },
    column('interval', 'interval', '95 % interval'),
    column('bytes', 'bytes', 'size'),
  ],
  rows: [
    {
      group: 'teacher',
      cells: {
        run: 'a|b, "c" <i>\u001b[31m',
        'recall@10': { mean: 0.12345, deviation: 0.001 },
        interval: { low: -0.01, high: 0.02 },
      },
      marks: { 'recall@10': '**' },
    },
    {
      group: 'student',
      cells: { run: 'two\nlines', 'recall@10': { mean: 0.5, deviation: Number.NaN }, bytes: 12_345 },
      marks: { 'recall@10': '*' },
    },
    { group: 'student', cells: { run: '日本', 'recall@10': Number.NaN, bytes: 4 } },
  ],
  notes: ['NaN is shown as -.'],
});

test('text: aligned, with marks after the numbers, a line between groups, no control characters', () => {
  assert.deepEqual(table.toText().split('\n'), [
    'Against ease:',
    'Mean over 1,000 users.',
    '* p < 0.05.',
    '',
    'run                         recall@10      95 % interval     size',
    '-----------------------------------------------------------------',
    'a|b, "c" <i> [31m  0.1235 ± 0.0010 **  -0.0100 to 0.0200        -',
    '-----------------------------------------------------------------',
    'two lines                   0.5000 *                   -  12.3 kB',
    '日本                             -                     -      4 B',
    '',
    'NaN is shown as -.',
  ]);
});

test('as Markdown', () => {
  assert.deepEqual(table.toMarkdown().split('\n'), [
    '**Against ease**',
    '',
    'Mean over 1,000 users.',
    '\\* p \\< 0.05.',
    '',
    '| run | recall@10 | 95 % interval | size |',
    '|---|---:|---:|---:|',
    '| a\\|b, "c" \\<i\\> \\[31m | 0.1235 ± 0.0010 \\*\\* | -0.0100 to 0.0200 | - |',
    '| two lines | 0.5000 \\* | - | 12.3 kB |',
    '| 日本 | - | - | 4 B |',
    '',
    'NaN is shown as -.',
  ]);
});

test('CSV: numbers are not rounded, each part of a value has a column, and quotes are used if necessary', () => {
  assert.equal(
    table.toCsv(),
    [
      'run,recall@10,recall@10_deviation,recall@10_mark,interval_low,interval_high,bytes',
      '"a|b, ""c"" <i>\u001b[31m",0.12345,0.001,**,-0.01,0.02,',
      '"two\nlines",0.5,,*,,,12345',
      '日本,,,,,,4',
    ].join('\n'),
  );
});

test('JSON: numbers are not rounded, null if not defined', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(table)), JSON.parse(JSON.stringify(table.toJson())));
  assert.deepEqual(JSON.parse(JSON.stringify(table.toJson())), {
    title: 'Against ease',
    about: table.about,
    columns: table.columns,
    rows: [
      {
        group: 'teacher',
        cells: {
          run: 'a|b, "c" <i>\u001b[31m',
          'recall@10': { mean: 0.12345, deviation: 0.001 },
          interval: { low: -0.01, high: 0.02 },
        },
        marks: { 'recall@10': '**' },
      },
      {
        group: 'student',
        cells: { run: 'two\nlines', 'recall@10': { mean: 0.5, deviation: null }, bytes: 12_345 },
        marks: { 'recall@10': '*' },
      },
      { group: 'student', cells: { run: '日本', 'recall@10': null, bytes: 4 } },
    ],
    notes: table.notes,
  });
});

test('as HTML: groups as bodies, meanings as hints, everything escaped', () => {
  assert.deepEqual(table.toHtml().split('\n'), [
    '<p>Mean over 1,000 users.</p>',
    '<p>* p &#60; 0.05.</p>',
    '<div class="wide"><table>',
    '<caption>Against ease</caption>',
    '<thead><tr><th>run</th><th class="right" title="hits / &#34;relevant&#34;">recall@10</th><th class="right">95 % interval</th><th class="right">size</th></tr></thead>',
    '<tbody>',
    '<tr><td>a|b, &#34;c&#34; &#60;i&#62; [31m</td><td class="right">0.1235 ± 0.0010 **</td><td class="right">-0.0100 to 0.0200</td><td class="right">-</td></tr>',
    '</tbody>',
    '<tbody>',
    '<tr><td>two lines</td><td class="right">0.5000 *</td><td class="right">-</td><td class="right">12.3 kB</td></tr>',
    '<tr><td>日本</td><td class="right">-</td><td class="right">-</td><td class="right">4 B</td></tr>',
    '</tbody>',
    '</table></div>',
    '<p>NaN is shown as -.</p>',
  ]);
});

const plain = (columns: readonly Column[], rows: readonly Row[], transposed = false) =>
  resultTable({ columns, rows, transposed });

test('every kind of column', () => {
  const kinds: Readonly<Record<ColumnKind, [number | string | readonly number[], string]>> = {
    text: ['words', 'words'],
    metric: [0.5, '0.5000'],
    difference: [0.01, '+0.0100'],
    percent: [-0.25, '-25.0 %'],
    share: [0.25, '25.0 %'],
    interval: [0.1, '0.1000'],
    'p-value': [Number.NaN, 'p is not defined'],
    ratio: [[4.17, 22.8], '4.2 / 23'],
    count: [[1, 2.5, 12_345], '1 / 2.5 / 12,345'],
    bytes: [999, '999 B'],
    seconds: [61, '1 min 01 s'],
    microseconds: [5, '5.0 us'],
    score: [1.23456, '1.235'],
  };
  const names = Object.keys(kinds) as ColumnKind[];
  const cells = Object.fromEntries(names.map((kind) => [kind, kinds[kind][0]]));
  const markdown = plain(
    names.map((kind) => column(kind, kind)),
    [{ cells }],
  ).toMarkdown();
  assert.equal(markdown.split('\n')[2], `| ${names.map((kind) => kinds[kind][1]).join(' | ')} |`);
});

test('a transposed table has a line for each column; CSV and JSON do not change', () => {
  const columns = [column('run', 'text', 'metric'), column('recall@5', 'metric'), column('bytes', 'bytes', 'size')];
  const rows = [
    { cells: { run: 'a', 'recall@5': 0.1, bytes: 10 } },
    { cells: { run: 'bb', 'recall@5': 0.2 }, marks: { 'recall@5': '*' } },
  ];
  const turned = plain(columns, rows, true);
  assert.deepEqual(turned.toText().split('\n'), [
    'metric         a        bb',
    '--------------------------',
    'recall@5  0.1000  0.2000 *',
    'size        10 B       -',
  ]);
  assert.equal(turned.toMarkdown().split('\n')[2], '| recall@5 | 0.1000 | 0.2000 \\* |');
  assert.equal(turned.toCsv(), plain(columns, rows).toCsv());
});

test('a table without rows, and several tables', () => {
  const empty = plain([column('run', 'text'), column('recall@5', 'metric')], []);
  assert.equal(empty.toText(), 'run  recall@5\n-------------');
  assert.equal(empty.toMarkdown(), '| run | recall@5 |\n|---|---:|');
  assert.equal(empty.toCsv(), 'run,recall@5');
  assert.equal(together([empty, empty]).toText(), `${empty.toText()}\n\n${empty.toText()}`);
});

test('a table without columns, with an id twice, or with a value of no column is refused', () => {
  const run = column('run', 'text');
  for (const [columns, rows, problem] of [
    [[], [], /no columns/],
    [[run, run], [], /two columns .* "run"/],
    [[run], [{ cells: { run: 'a' } }, { cells: { rnu: 'b' } }], /row 2 .* "rnu"/],
    [[run], [{ cells: {}, marks: { other: '*' } }], /row 1 .* "other"/],
  ] as const)
    assert.throws(
      () => plain(columns, rows),
      (e) => e instanceof RecdistillError && e.code === 'usage' && problem.test(e.message),
    );
});
