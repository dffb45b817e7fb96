import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from '../data/interactions.js';
import { createReferenceKernels } from '../kernels/index.js';
import type { TrainableModel } from '../models/_model.js';
import type { TrainOptions } from '../models/options.js';
import { createProgress } from '../progress.js';
import type { LoopCheckpoint, LoopStore } from './checkpoint.js';
import type { TrainEvent } from './events.js';
import { runLoop, type TrainTask } from './loop.js';

const k = createReferenceKernels('f64');
const train = fromPairs(3, 4, [0, 1, 2], [1, 2, 3]);
const options: TrainOptions = {
  epochs: 6,
  batchSize: 2,
  learningRate: 1,
  l2: 0,
  optimizer: 'sgd',
  evaluateEvery: 1,
  patience: 100,
  seed: 0,
};

/** One number that every batch raises by 1, or by `step`; two batches are an epoch. */
function counter(
  loss: (value: number) => number = () => 1,
  length = 1,
  step = 1,
): TrainableModel & { value(): number } {
  const w = { name: 'w', shape: [length], values: k.floats(length), gradient: k.floats(length) };
  return {
    name: 'counter',
    nUsers: 3,
    nItems: 4,
    parameters: [w],
    size: length,
    batches: 'rows',
    accumulate() {
      w.gradient[0]! -= step;
      return loss(w.values[0]!);
    },
    scoreRows() {},
    close() {},
    value: () => w.values[0]!,
  };
}

/** Quality of each epoch, from the first; the rest is worse than all. */
const scripted =
  (...values: readonly number[]): TrainTask['validate'] =>
  (epoch) => ({
    value: values[epoch - 1] ?? -1,
    metrics: { quality: values[epoch - 1] ?? -1 },
  });

function start(model: TrainableModel, more: Partial<TrainTask> & { o?: Partial<TrainOptions> } = {}) {
  const events: TrainEvent[] = [];
  const { o, ...rest } = more;
  const listen = (e: TrainEvent) => {
    events.push(e);
    more.listen?.(e);
  };
  const task = { kernels: k, model, train, options: { ...options, ...o }, validate: scripted(1, 2, 3, 4, 5, 6) };
  return { events, outcome: runLoop({ ...task, ...rest, listen }) };
}

function memoryStore(): LoopStore & { saved: LoopCheckpoint[] } {
  const saved: LoopCheckpoint[] = [];
  const copy = (c: LoopCheckpoint): LoopCheckpoint => ({
    epoch: c.epoch,
    tensors: Object.fromEntries(
      Object.entries(c.tensors).map(([name, t]) => [name, { shape: t.shape, data: t.data.slice() }]),
    ),
    state: JSON.parse(JSON.stringify(c.state)) as Record<string, unknown>,
  });
  return { saved, save: (c) => void saved.push(copy(c)), load: () => saved.at(-1) };
}

const code = (wanted: string) => (e: unknown) => (e as { code?: string }).code === wanted;

test('all epochs are run, each evaluated, and the best parameters are put back', async () => {
  const model = counter();
  const { events, outcome } = start(model, { validate: scripted(1, 5, 4, 3, 2, 1) });
  assert.deepEqual(await outcome, { epochs: 6, bestEpoch: 2, bestValue: 5, reason: 'epochs', secondsBefore: 0 });
  assert.equal(model.value(), 4);
  const told = events.flatMap((e) => (e.type === 'evaluation' ? [[e.epoch, e.best]] : []));
  assert.deepEqual(told, [
    [1, true],
    [2, true],
    [3, false],
    [4, false],
    [5, false],
    [6, false],
  ]);
  assert.deepEqual(
    events.flatMap((e) => (e.type === 'epoch' ? [e.loss] : [])),
    [2, 2, 2, 2, 2, 2],
  );
});

test('an equal result is no better one: the earlier epoch is kept', async () => {
  const { outcome } = start(counter(), { validate: scripted(1, 3, 3, 3) });
  assert.equal((await outcome).bestEpoch, 2);
});

test('patience counts evaluations, not epochs, and the last epoch is always evaluated', async () => {
  const patient = start(counter(), { validate: scripted(1, 9), o: { patience: 3, epochs: 50 } });
  assert.deepEqual([(await patient.outcome).epochs, (await patient.outcome).reason], [5, 'patience']);
  const asked: number[] = [];
  const validate = (epoch: number) => {
    asked.push(epoch);
    return { value: -epoch, metrics: {} };
  };
  const { outcome } = start(counter(), { validate, o: { evaluateEvery: 3, patience: 2, epochs: 50 } });
  assert.equal((await outcome).epochs, 9);
  assert.deepEqual(asked, [3, 6, 9]);
  asked.length = 0;
  await start(counter(), { validate, o: { evaluateEvery: 4, epochs: 6 } }).outcome;
  assert.deepEqual(asked, [4, 6]);
});

test('a validation can end the training; the best epoch is restored, and the run stays finished', async () => {
  const model = counter();
  const store = memoryStore();
  const validate = (epoch: number) => ({ value: epoch === 2 ? 9 : epoch, metrics: {}, stop: epoch >= 3 });
  const { events, outcome } = start(model, { validate, store });
  const { epochs, bestEpoch, reason } = await outcome;
  assert.deepEqual([epochs, bestEpoch, reason, model.value()], [3, 2, 'stopped', 4]);
  assert.deepEqual(events.at(-1), { type: 'stop', epoch: 3, bestEpoch: 2, reason: 'stopped' });
  const again = counter();
  assert.equal((await start(again, { validate, store }).outcome).reason, 'stopped');
  assert.equal(again.value(), 4);
});

test('a method can reset the patience', async () => {
  const hooks = () => ({ base: 'kept' as const, afterEpoch: (epoch: number) => ({ restartPatience: epoch === 3 }) });
  const { outcome } = start(counter(), { hooks, validate: scripted(9), o: { patience: 2, epochs: 50 } });
  assert.equal((await outcome).epochs, 4);
});

test('a method that replaces the base loss is the only one to add gradients', async () => {
  let batches = 0;
  const hooks = (perEpoch: number) => {
    assert.equal(perEpoch, 2);
    return {
      base: 'replaced' as const,
      accumulate: () => {
        batches += 1;
        return 0.5;
      },
    };
  };
  const model = counter();
  const { events, outcome } = start(model, { hooks });
  await outcome;
  assert.deepEqual([model.value(), batches], [0, 12]);
  assert.equal(events.find((e) => e.type === 'epoch')!.loss, 1);
});

for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a loss of ${bad} is raised as diverged, with the best parameters put back and kept`, async () => {
    const model = counter((value) => (value >= 6 ? bad : 1));
    const store = memoryStore();
    const { events, outcome } = start(model, { store, validate: scripted(1, 9, 2) });
    await assert.rejects(outcome, { code: 'diverged', message: /epoch 4/, hint: /so far, of epoch 2, is kept/ });
    assert.equal(model.value(), 4);
    assert.deepEqual(events.at(-1), { type: 'stop', epoch: 4, bestEpoch: 2, reason: 'diverged' });
    const last = store.saved.at(-1)!;
    assert.equal(last.epoch, 3);
    assert.deepEqual([...last.tensors['best.w']!.data], [4]);
  });
}

test('parameters beyond the limits of a bundle are divergence, although they are numbers', async () => {
  const { events, outcome } = start(counter(undefined, 1, 4e14));
  await assert.rejects(outcome, {
    code: 'diverged',
    message: /its parameter w has values that are not finite or too large after epoch 2/,
    hint: /Lower learningRate.*overwrite.*of epoch 1, is kept/,
  });
  assert.deepEqual(events.at(-1), { type: 'stop', epoch: 2, bestEpoch: 1, reason: 'diverged' });
});

test('the error of a model that diverges before its first evaluation says that no checkpoint is kept', async () => {
  const { outcome } = start(counter((value) => (value >= 0 ? Number.NaN : 1)));
  await assert.rejects(outcome, { code: 'diverged', hint: /no checkpoint is kept/ });
});

test('a quality that is not a number is never the best', async () => {
  const { outcome } = start(counter(), { validate: scripted(Number.NaN, 1, Number.NaN) });
  assert.deepEqual([(await outcome).bestEpoch, (await outcome).bestValue], [2, 1]);
});

test('a run that is stopped throws after a checkpoint and resumes from it with the same result', async () => {
  const straight = counter();
  const expected = await start(straight, { validate: scripted(1, 2, 9, 3, 4, 5) }).outcome;
  const store = memoryStore();
  const stop = new AbortController();
  const first = start(counter(), {
    store,
    signal: stop.signal,
    validate: scripted(1, 2, 9, 3, 4, 5),
    listen: (e) => void (e.type === 'epoch' && e.epoch === 4 && stop.abort()),
  });
  await assert.rejects(first.outcome, code('interrupted'));
  assert.equal(store.saved.at(-1)!.epoch, 4);
  const model = counter();
  const { events, outcome } = start(model, { store, validate: scripted(1, 2, 9, 3, 4, 5) });
  const { secondsBefore, ...rest } = await outcome;
  const told = first.events.flatMap((e) => (e.type === 'epoch' || e.type === 'evaluation' ? [e.seconds] : []));
  assert.ok(Math.abs(secondsBefore - told.reduce((a, b) => a + b)) < 1e-9);
  assert.deepEqual(rest, { epochs: 6, bestEpoch: expected.bestEpoch, bestValue: 9, reason: 'epochs' });
  assert.equal(model.value(), straight.value());
  assert.deepEqual(
    events.flatMap((e) => (e.type === 'epoch' ? [e.epoch] : [])),
    [5, 6],
  );
});

test('a run that is stopped before its first epoch keeps its start', async () => {
  const store = memoryStore();
  const { outcome } = start(counter(), { store, signal: AbortSignal.abort() });
  await assert.rejects(outcome, code('interrupted'));
  assert.equal(store.saved.at(-1)!.epoch, 0);
  assert.equal((await start(counter(), { store }).outcome).epochs, 6);
});

test('a small checkpoint is written at each evaluation, a large one as its size allows, and always at the end', async () => {
  for (const [length, epochs] of [
    [1, [1, 2, 3, 4, 5, 6, 6]],
    // 3.2 MB: not within the seconds that this test takes.
    [200_000, [6]],
  ] as const) {
    const store = memoryStore();
    const model = counter(() => 1, length);
    await start(model, { store, validate: scripted(1, 2, 9, 3, 4, 5) }).outcome;
    assert.deepEqual(
      store.saved.map((c) => c.epoch),
      epochs,
    );
    const end = store.saved.at(-1)!;
    assert.deepEqual(Object.keys(end.tensors), ['best.w'], 'after the end only the best parameters are needed');
    const again = counter(() => 1, length);
    await start(again, { store }).outcome;
    assert.equal(again.value(), model.value());
  }
});

test('a finished run is not run again', async () => {
  for (const patience of [2, 100]) {
    const store = memoryStore();
    const done = await start(counter(), { store, validate: scripted(5, 1, 1, 1, 1, 1), o: { patience } }).outcome;
    const model = counter();
    const { events, outcome } = start(model, {
      store,
      o: { patience },
      validate: () => assert.fail('nothing is left to evaluate'),
    });
    const again = await outcome;
    assert.deepEqual([again.epochs, again.bestEpoch, again.reason], [done.epochs, 1, done.reason]);
    assert.equal(model.value(), 2);
    assert.deepEqual(events, []);
  }
});

test('the state of a method is restored', async () => {
  const store = memoryStore();
  const stop = new AbortController();
  const seen: unknown[] = [];
  const hooks = () => ({
    base: 'kept' as const,
    save: () => ({ phase: 'fine', numbers: [1, 2] }),
    load: (state: unknown) => void seen.push(state),
  });
  const listen = (e: TrainEvent) => void (e.type === 'epoch' && stop.abort());
  await assert.rejects(start(counter(), { store, hooks, listen, signal: stop.signal }).outcome, code('interrupted'));
  assert.deepEqual(seen, []);
  await start(counter(), { store, hooks }).outcome;
  assert.deepEqual(seen, [{ phase: 'fine', numbers: [1, 2] }]);
});

test('a checkpoint of another model is refused', async () => {
  const store = memoryStore();
  await start(counter(), { store }).outcome;
  const tensors = { 'model.w': { shape: [2], data: Float64Array.of(1, 2) } };
  store.saved.push({ ...store.saved.at(-1)!, tensors });
  await assert.rejects(start(counter(), { store }).outcome, code('artifact-damaged'));
});

test('the loop gives back all kernel memory that it took', async () => {
  const model = counter();
  const before = k.bytesInUse;
  await start(model, { o: { optimizer: 'adam' } }).outcome;
  await assert.rejects(start(counter(() => Number.NaN)).outcome);
  assert.equal(k.bytesInUse, before + 16);
});

test('the parameters of a method are updated and restored with the model', async () => {
  const extra = () => ({ name: 'w', shape: [1], values: k.floats(1), gradient: k.floats(1) });
  const method = (own: ReturnType<typeof extra>, seen: Int32Array, fails?: AbortController) => ({
    base: 'kept' as const,
    parameters: [own],
    tables: [{ name: 'seen', values: seen }],
    accumulate() {
      own.gradient[0]! -= 10;
      return 0;
    },
    afterEpoch(epoch: number) {
      seen[0]! += epoch;
      if (epoch === 3) fails?.abort();
      return { restartPatience: false };
    },
  });
  let kept: LoopCheckpoint | undefined;
  const store: LoopStore = {
    save(c) {
      kept = structuredClone(c);
    },
    load: () => kept,
  };
  const [own, seen, stop] = [extra(), new Int32Array(1), new AbortController()];
  const first = start(counter(), { store, hooks: () => method(own, seen, stop), signal: stop.signal });
  await assert.rejects(first.outcome, { code: 'interrupted' });
  assert.deepEqual([own.values[0], seen[0]], [60, 6]);
  // A number of the model and one of the method may have the same name.
  assert.deepEqual(
    ['model.w', 'method.w', 'method.seen'].map((name) => kept!.tensors[name]!.data[0]),
    [6, 60, 6],
  );
  const [later, laterSeen, model] = [extra(), new Int32Array(1), counter()];
  await start(model, { store, hooks: () => method(later, laterSeen) }).outcome;
  assert.deepEqual([model.value(), later.values[0], laterSeen[0]], [12, 120, 21]);
});

test('an epoch that is aborted has no effect, and resuming gives the same bits', async () => {
  const straight = counter();
  await start(straight, { store: memoryStore() }).outcome;
  const store = memoryStore();
  const stop = new AbortController();
  const progress = createProgress({ signal: stop.signal, grace: 0 });
  const model = counter(() => {
    // In the first batch of the third epoch.
    if (model.value() === 4) stop.abort();
    return 1;
  });
  const { outcome, events } = start(model, { store, progress, signal: stop.signal });
  await assert.rejects(outcome, { code: 'interrupted', message: /epoch 3 of counter stopped before/ });
  assert.equal(events.at(-1)?.type, 'stop');
  assert.equal(model.value(), 5, 'half of an epoch had been trained');
  assert.deepEqual([store.saved.at(-1)!.epoch, [...store.saved.at(-1)!.tensors['model.w']!.data]], [2, [4]]);
  const resumed = counter();
  await start(resumed, { store }).outcome;
  assert.equal(resumed.value(), straight.value());
});

test('an interrupted evaluation is repeated', async () => {
  const store = memoryStore();
  const stop = new AbortController();
  const step = createProgress({ signal: stop.signal, grace: 0 }).task('ranking');
  const validate: TrainTask['validate'] = async (epoch) => {
    if (epoch === 3) stop.abort();
    await step(1, 2);
    return { value: epoch, metrics: {} };
  };
  await assert.rejects(start(counter(), { store, validate, signal: stop.signal }).outcome, code('interrupted'));
  assert.equal(store.saved.at(-1)!.epoch, 2);
  const { outcome, events } = start(counter(), { store });
  await outcome;
  assert.deepEqual(
    events.flatMap((e) => (e.type === 'evaluation' ? [e.epoch] : [])),
    [3, 4, 5, 6],
  );
});
