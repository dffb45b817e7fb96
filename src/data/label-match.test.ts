import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecdistillError } from '../errors.js';
import { testFolder } from './folder.test.support.js';
import { labelLines, labelReport, matchLabels, refuseUnmatched } from './label-match.js';
import { readItemLabels } from './labels.js';
import { loadDataset } from './load.js';

const table = (...rows: [string, string][]) => new Map([['item', 'title'], ...rows]);

test('matched and unmatched names are counted, and a header is not counted as unmatched', () => {
  const match = matchLabels('n.csv', ['a', 'b', 'c'], table(['a', 'A'], ['x', 'X'], ['y', 'Y'], ['z', '']));
  assert.deepEqual([match.labels, match.unmatched, match.near], [['A', '', ''], 2, undefined]);
  assert.deepEqual(labelLines(labelReport(match, match.labels, 3)), [
    'labels: 1 of 3 items has a name; 2 names in n.csv match no item',
  ]);
  const lines = matchLabels('n.txt', ['0', '1'], new Map([['0', 'zero']]), { header: false });
  assert.deepEqual([lines.labels, lines.unmatched], [['zero', ''], 0]);
});

test('hardly any names are a warning', () => {
  const report = { path: 'n.csv', named: 4, nItems: 100, unmatched: 0, repeated: 0 };
  assert.deepEqual(labelLines(report), ['WARNING: few items have a name. labels: 4 of 100 items have a name']);
  assert.deepEqual(labelLines({ ...report, named: 5 }), ['labels: 5 of 100 items have a name']);
});

test('ids that only differ in notation are shown, and a file that only has these is refused', () => {
  const pairs: [item: string, id: string][] = [
    ['5', '5.0'],
    ['5.0', '5'],
    ['5', '005'],
    ['a7', ' A7 '],
    ['x ', 'x'],
  ];
  for (const [item, id] of pairs) {
    const match = matchLabels('n.csv', ['other', item], table([id, 'Five'], ['q', 'Q']));
    assert.deepEqual(match.near, { nItems: 1, item, id });
    const [, warning] = labelLines(labelReport(match, match.labels, 2));
    assert.match(warning!, /^WARNING: 1 item without a name differs from an id in n\.csv only in notation/);
    assert.ok(warning!.includes(JSON.stringify(item)) && warning!.includes(JSON.stringify(id)), warning);
    assert.throws(
      () => refuseUnmatched(match),
      (error: unknown) =>
        error instanceof RecdistillError &&
        /names none of the 2 items/.test(error.message) &&
        error.hint.includes(`such as ${JSON.stringify(item)}, the file ${JSON.stringify(id)}`),
    );
  }
  const unlike = matchLabels('n.csv', ['0', '00'], table(['1', 'One']));
  assert.equal(unlike.near, undefined);
  assert.throws(() => refuseUnmatched(unlike), { hint: /Expected the id of an item, .*"0", the file "1"/ });
  refuseUnmatched(matchLabels('n.csv', ['a', 'b'], table(['a', 'A'])));
});

test('a data set reports how many names match, and refuses a file without matches', async (t) => {
  const f = testFolder(t);
  const rows = Array.from({ length: 40 }, (_, k) => `${k % 5},${Math.floor(k / 5)}\n`).join('');
  const data = f.write('r.csv', `user,item\n${rows}`);
  const some = f.write('some.csv', 'item,title\n3,Three\n4,Four\n9,Nine\n');
  const loaded = await loadDataset({ data, labels: some });
  assert.deepEqual(loaded.labelReport, { path: 'some.csv', named: 2, nItems: 8, unmatched: 1, repeated: 0 });
  const note = 'labels: 2 of 8 items have a name; 1 name in some.csv matches no item';
  assert.ok(loaded.notes.includes(note), loaded.notes.join('\n'));
  const none = f.write('none.csv', 'item,title\n3.0,Three\n4.0,Four\n');
  await assert.rejects(loadDataset({ data, labels: none }), {
    code: 'bad-data',
    message: /none\.csv: names none of the 8 items/,
    hint: /"3".*"3\.0"/,
  });
  assert.deepEqual((await readItemLabels(some, ['9', '10'])).labels, ['Nine', '']);
  await assert.rejects(readItemLabels(some, ['z']), { code: 'bad-data' });
  await assert.rejects(readItemLabels('no.csv', ['z']), { code: 'file-missing' });
});
