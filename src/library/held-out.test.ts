import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemsOf, rankingOf } from '../data/index.js';
import { refusedAs } from '../runs/small.test.support.js';
import { compare } from './compare.js';
import { loadData } from './data.js';
import { evaluate, recommend } from './evaluate.js';
import { judged, quick } from './small.test.support.js';
import { distill, train } from './train.js';

test('users who are held out whole: train, distil, compare, evaluate and recommend by their histories', async () => {
  const data = await loadData('synthetic:60x40x600', { split: 'users', foldInShare: 0.7 });
  const teacher = await train('fism', { data, ...quick });
  const student = await distill('softmax', { teachers: [teacher], student: 'fism', ...quick, dim: 2 });
  const held = [...data.users.ids.keys()].filter((u) => itemsOf(data.test, u).length > 0);
  for (const run of [teacher, student]) {
    assert.deepEqual([...run.evaluation.users], held);
    assert.deepEqual(evaluate(run, { at: [5, 10] }).means, run.evaluation.means);
    for (const user of held) {
      const list = recommend(run, data.users.ids[user]!, { k: 7 }).map(({ itemId }) => data.items.index.get(itemId)!);
      // What the user has in test is not recommended to them again, unlike in the lists that were evaluated.
      const ranked = [...rankingOf(run.rankings, user)];
      const own = [...itemsOf(data.test, user)];
      assert.deepEqual(list, ranked.filter((item) => !own.includes(item)).slice(0, 7));
      const history = Array.from(itemsOf(data.foldIn!, user), (i) => data.items.ids[i]!);
      assert.deepEqual(
        recommend(run, { items: history }, { k: 7 }).map(({ itemId }) => data.items.index.get(itemId)),
        ranked.slice(0, 7),
      );
    }
  }
  assert.match(compare([student, teacher]).toMarkdown(), /fism/);
  await assert.rejects(
    train('neumf', { data, ...judged }),
    refusedAs('needs-not-met', /held out whole .* neumf has no scores for the history/),
  );
});
