import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readBundle, writeBundle } from '../../bundle/index.js';
import { withoutHistories, withoutUsers } from '../../bundle/without-users.js';
import { literal, withDatabase } from '../../data/duckdb.js';
import { type LoadedDataset, loadDataset } from '../../data/index.js';
import { createKernels } from '../../kernels/index.js';
import { jobFiles, runJob } from '../../runs/index.js';
import { evaluation, kernels, newFolder, quick, refusedAs, smallData } from '../../runs/small.test.support.js';
import { createStudent, type StudentModel } from '../../student/index.js';
import { type PlanEvent, processesExecutor } from '../engine/index.js';
import { byLists } from './by-lists.js';
import { historiesOf } from './from.js';
import { prepareRecommendations, type RecommendAllRequest, runRecommendations } from './recommend-all.js';

const runs = newFolder();
const folders: Record<string, string> = {};
let dataset: LoadedDataset;
const executor = processesExecutor({ jobs: 2, threads: 2 });
after(() => executor.close());

before(async () => {
  dataset = await smallData();
  for (const model of ['bpr-mf', 'fism', 'ease']) {
    const folder = join(runs, model);
    const options = model === 'ease' ? {} : { ...quick, epochs: 3 };
    await runJob({
      ...{ dataset, kernels, model, method: 'none', options, teachers: [], folder, evaluation },
      trajectory: {},
    });
    folders[model] = folder;
  }
  const { model, manifest } = await readBundle(join(folders['bpr-mf']!, jobFiles.student));
  const variants = {
    biased: {
      ...model,
      itemBiases: Float32Array.from({ length: model.nItems }, (_, i) => Math.sin(i)),
      userBiases: Float32Array.from({ length: model.nUsers }, (_, u) => Math.cos(u)),
    },
    // Many equal scores, also at the end of a list.
    tied: { ...model, itemFactors: model.itemFactors.map((x) => Math.round(x)) },
    anonymous: withoutUsers(model),
    forgetful: withoutHistories(model),
  };
  for (const [name, variant] of Object.entries(variants)) {
    folders[name] = join(runs, name);
    writeBundle(folders[name]!, variant, manifest);
  }
});

const requestOf = (name: string, more: Partial<RecommendAllRequest> = {}): RecommendAllRequest => ({
  ...{
    from: folders[name]!,
    store: newFolder(),
    out: newFolder(),
    k: 7,
    format: 'parquet',
    includeSeen: false,
    scores: true,
  },
  histories: async () => historiesOf(dataset),
  dataset: async () => dataset,
  ...more,
});

const make = async (request: RecommendAllRequest, run: Parameters<typeof runRecommendations>[1] = { kernels }) =>
  runRecommendations(await prepareRecommendations(request), run);

type Row = readonly unknown[];

/** The rows of all files, in order. */
async function rowsIn(folder: string, columns = '"user", item, rank::INTEGER, score'): Promise<Row[]> {
  return withDatabase(
    async (db) => {
      const rows: Row[] = [];
      for (const name of readdirSync(folder)
        .filter((file) => file.startsWith('part-'))
        .sort())
        rows.push(...(await db.query(`SELECT ${columns} FROM ${literal(join(folder, name))}`)));
      return rows;
    },
    512,
    { threads: 1 },
  );
}

const modelIn = async (name: string): Promise<StudentModel> => {
  const folder = folders[name]!;
  const bundle = join(folder, jobFiles.student);
  return (await readBundle(existsSync(bundle) ? bundle : folder)).model;
};

const listRows = (user: string, list: readonly { itemId: string; rank: number; score?: number }[]): Row[] =>
  list.map(({ itemId, rank, score }) => [user, itemId, rank, ...(score === undefined ? [] : [score])]);

for (const name of ['bpr-mf', 'biased', 'tied'])
  test(`${name}: the lists and scores of all users are those of recommend for one user`, async () => {
    const model = await modelIn(name);
    const student = createStudent(model);
    const ids = dataset.items.ids;
    const [candidates, exclude] = [ids.slice(5, 60), ids.slice(10, 20)];
    const cases = [
      { more: {}, options: {} },
      { more: { includeSeen: true }, options: { includeSeen: true } },
      { more: { candidates, exclude: [...exclude, 'unknown'] }, options: { candidates, exclude } },
      { more: { k: 80 }, options: { k: 80 } },
    ];
    for (const { more, options } of cases) {
      const request = requestOf(name, more);
      const made = await make(request);
      const expected = model.userIds.flatMap((id) => listRows(id, student.recommend(id, { k: 7, ...options })));
      assert.deepEqual(await rowsIn(request.out), expected);
      assert.equal(made.rows, expected.length);
      assert.equal(made.users, model.nUsers);
    }
  });

test('the rows are the same at every number of shards and threads, in each arithmetic, and in other processes', async () => {
  const expected = await (async () => {
    const request = requestOf('biased');
    await make(request);
    return rowsIn(request.out);
  })();
  assert.ok(expected.length > 100);
  for (const [shards, threads, arithmetic] of [
    [1, 1, 'plain'],
    [3, 2, 'plain'],
    [7, 3, 'auto'],
    [59, 1, 'auto'],
  ] as const) {
    const own = createKernels({ threads, arithmetic });
    const request = requestOf('biased', { shards });
    const made = await make(request, { kernels: own });
    own.close();
    assert.equal(made.files.length, shards);
    assert.deepEqual(await rowsIn(request.out), expected);
  }
  const request = requestOf('biased', { shards: 5 });
  await make(request, { executor });
  assert.deepEqual(await rowsIn(request.out), expected);
});

test('files are equal byte for byte when they are made again', async () => {
  const [a, b] = [requestOf('bpr-mf', { shards: 2 }), requestOf('bpr-mf', { shards: 2 })];
  for (const request of [a, b]) await make(request);
  for (const name of readdirSync(a.out))
    assert.ok(readFileSync(join(a.out, name)).equals(readFileSync(join(b.out, name))), name);
});

test('students without users answer for the histories of the data', async () => {
  for (const name of ['fism', 'anonymous']) {
    const student = createStudent(await modelIn(name));
    const request = requestOf(name);
    await make(request);
    const { history, left } = historiesOf(dataset);
    const idsIn = (lists: typeof history, u: number) =>
      Array.from(lists.indices.subarray(lists.indptr[u]!, lists.indptr[u + 1]!), (i) => dataset.items.ids[i]!);
    const expected = dataset.users.ids.flatMap((id, u) =>
      listRows(id, student.recommendFromItems(idsIn(history, u), { k: 7, exclude: idsIn(left!, u) })),
    );
    assert.deepEqual(await rowsIn(request.out), expected);
  }
});

test('a user without a known item gets popular items, or an empty list, which is counted', async () => {
  const [first] = dataset.items.ids;
  const some = { userIds: ['new', 'old'], history: { indptr: Int32Array.of(0, 0, 1), indices: Int32Array.of(0) } };
  for (const name of ['fism', 'anonymous']) {
    const model = await modelIn(name);
    const request = requestOf(name, { k: 3, histories: async () => some });
    const made = await make(request);
    const student = createStudent(model);
    const expected = [
      ...listRows('new', model.popular ? student.recommendFromItems([], { k: 3 }) : []),
      ...listRows('old', student.recommendFromItems([first!], { k: 3 })),
    ];
    assert.deepEqual(await rowsIn(request.out), expected);
    assert.equal(made.usersWithoutItems, model.popular ? 0 : 1);
  }
  const all = dataset.items.ids;
  const made = await make(requestOf('bpr-mf', { exclude: all }));
  assert.deepEqual([made.rows, made.usersWithoutItems], [0, (await modelIn('bpr-mf')).nUsers]);
});

test('a run without a bundle lists what it stores, without the items that users have', async () => {
  const request = requestOf('ease', { k: 5, users: dataset.users.ids.slice(3, 9), scores: true });
  const made = await make(request);
  const rows = await rowsIn(request.out, '"user", item, rank::INTEGER');
  assert.equal(made.users, 6);
  assert.deepEqual([...new Set(rows.map(([user]) => user))], dataset.users.ids.slice(3, 9));
  const { left } = historiesOf(dataset);
  for (const [user, item] of rows) {
    const u = dataset.users.index.get(String(user))!;
    const has = left!.indices.subarray(left!.indptr[u]!, left!.indptr[u + 1]!);
    assert.ok(!has.includes(dataset.items.index.get(String(item))!));
  }
  await assert.rejects(make(requestOf('ease', { includeSeen: true })), refusedAs('needs-not-met'));
});

test('a stored list that is too short for what is asked is refused', () => {
  const rankings = { nUsers: 2, nItems: 10, depth: 4, items: Int32Array.of(1, 2, 3, 4, 5, 6, -1, -1) };
  const left = { nUsers: 2, nItems: 10, indptr: Int32Array.of(0, 1, 2), indices: Int32Array.of(2, 5) };
  const listsOf = (k: number) => [...byLists(rankings, left, (n) => n, { k, name: (n) => `user ${n}` })(kernels, 0, 2)];
  assert.deepEqual([...listsOf(3)[0]!.items], [1, 3, 4, 6, -1, -1]);
  assert.throws(() => listsOf(4), refusedAs('needs-not-met', /"user 0".*its top 4 of each user/));
});

test('JSON lines have the same rows; without scores there is no such column', async () => {
  const [parquet, lines] = [requestOf('bpr-mf'), requestOf('bpr-mf', { format: 'jsonl', shards: 2, scores: false })];
  for (const request of [parquet, lines]) await make(request);
  assert.deepEqual(
    await rowsIn(lines.out, '"user", item, rank::INTEGER'),
    await rowsIn(parquet.out, '"user", item, rank::INTEGER'),
  );
  const [first] = readFileSync(join(lines.out, 'part-00000.jsonl'), 'utf8').split('\n');
  assert.deepEqual(
    Object.keys(JSON.parse(first!)).filter((key) => key !== 'label'),
    ['user', 'item', 'rank'],
  );
});

test('a stopped command goes on with the parts that it has; a finished one is read back; other options are other parts', async () => {
  const request = requestOf('bpr-mf', { shards: 4 });
  const stop = new AbortController();
  const finished: string[] = [];
  const listen = (event: PlanEvent) => {
    if (event.type === 'finished') finished.push(`${event.job} ${event.reused}`);
    if (finished.length === 2) stop.abort();
  };
  await assert.rejects(make(request, { kernels, listen, signal: stop.signal }), refusedAs('interrupted'));
  assert.equal(existsSync(request.out), false);
  assert.deepEqual(finished, ['recommend-1 false', 'recommend-2 false']);
  finished.length = 0;
  const made = await make(request, {
    kernels,
    listen: (e) => e.type === 'finished' && finished.push(`${e.job} ${e.reused}`),
  });
  assert.deepEqual(finished, ['recommend-1 true', 'recommend-2 true', 'recommend-3 false', 'recommend-4 false']);
  assert.deepEqual(readdirSync(join(request.store, 'parts')), []);
  assert.equal((await make(request)).reused, true);
  const other = await make({ ...request, k: 6 });
  assert.notEqual(other.hash, made.hash);
  assert.equal(other.reused, false);
  // A missing file is made again.
  rmSync(join(request.out, 'part-00001.parquet'));
  assert.equal((await make({ ...request, k: 6 })).reused, false);
});

test('wrong requests are refused before any work', async () => {
  const prepare = (name: string, more: Partial<RecommendAllRequest>) => prepareRecommendations(requestOf(name, more));
  await assert.rejects(prepare('bpr-mf', { k: 81 }), refusedAs('bad-option', /81/));
  await assert.rejects(prepare('bpr-mf', { users: ['nobody'] }), refusedAs('bad-data', /none of its 1 ids/));
  await assert.rejects(prepare('bpr-mf', { candidates: [] }), refusedAs('bad-data', /no id/));
  await assert.rejects(prepare('bpr-mf', { from: newFolder() }), refusedAs('needs-not-met', /neither/));
  const other = await loadDataset({ data: 'synthetic:50x80x900' });
  await assert.rejects(prepare('ease', { dataset: async () => other }), refusedAs('artifact-differs'));
});
