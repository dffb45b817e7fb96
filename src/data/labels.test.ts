import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDatabase } from './duckdb.js';
import { testFolder } from './folder.test.support.js';
import { readLabels } from './labels.js';

test('label files are divided by what comes first in every line', async (t) => {
  const f = testFolder(t);
  for (const [name, content, wanted] of [
    [
      'movies.dat',
      '1::Toy Story, The (1995)::Animation|Comedy\n2::"Café" Cats::Drama\n',
      ['Toy Story, The (1995) · Animation|Comedy', '"Café" Cats · Drama'],
    ],
    ['u.item', '1|Toy Story; or: Toys\n2|Café, the\n', ['Toy Story; or: Toys', 'Café, the']],
    ['a.csv', 'id;name\n1;Toy Story, again\n2;Café\n', ['Toy Story, again', 'Café']],
    ['b.csv', 'id,name\n1,"Toy; Story, the"\n"2",Café|Bar\n', ['Toy; Story, the', 'Café|Bar']],
    ['c.tsv', '1\tToy, Story\n2\tCafé\n', ['Toy, Story', 'Café']],
    ['d.csv', 'sep=;\n1;Toy\n2;Café\n', ['Toy', 'Café']],
  ] as const) {
    for (const encoding of ['auto', 'latin1']) {
      const file = f.write(name, encoding === 'auto' ? content : Buffer.from(content, 'latin1'));
      const labels = await withDatabase((db) =>
        readLabels(db, f.path, { file, style: 'columns' }, ['1', '2'], encoding),
      );
      assert.deepEqual(labels?.labels, wanted, `${name} ${encoding}`);
    }
  }
  const broken = f.write('e.csv', '1,Toy\n2,"Café" Cats\n');
  await assert.rejects(
    withDatabase((db) => readLabels(db, f.path, { file: broken, style: 'columns' }, ['1'])),
    { code: 'bad-data' },
  );
  const lines = f.write('titles.txt', Buffer.from('Toy\r\nCafé\n', 'latin1'));
  const names = await withDatabase((db) =>
    readLabels(db, f.path, { file: lines, style: 'lines' }, ['1', '0'], 'latin1'),
  );
  assert.deepEqual(names?.labels, ['Café', 'Toy']);
  await assert.rejects(
    withDatabase((db) => readLabels(db, f.path, { file: lines, style: 'lines' }, ['1'])),
    /line 2: the text is not UTF-8/,
  );
});
