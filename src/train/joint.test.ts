/** Several models in the one loop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from '../data/interactions.js';
import { createReferenceKernels } from '../kernels/index.js';
import type { Batch, TrainableModel } from '../models/_model.js';
import type { TrainOptions } from '../models/options.js';
import type { LoopCheckpoint, LoopStore } from './checkpoint.js';
import type { TrainEvent } from './events.js';
import type { Hooks } from './hooks.js';
import type { LearnerTask } from './learner.js';
import { type JointTask, runLoop, trainTogether } from './loop.js';

const k = createReferenceKernels('f64');
const train = fromPairs(6, 4, [0, 1, 2, 3, 4, 5], [1, 2, 3, 0, 1, 2]);
const options: TrainOptions = {
  ...{ epochs: 6, batchSize: 2, learningRate: 1, l2: 0, optimizer: 'sgd', evaluateEvery: 1, patience: 100, seed: 0 },
};

/** One number that every batch raises by 1 and by what `pull` gives. */
function counter(name: string, log: string[] = [], loss: (value: number) => number = () => 1) {
  const w = { name: 'w', shape: [1], values: k.floats(1), gradient: k.floats(1) };
  const model: TrainableModel = {
    ...{ name, nUsers: 6, nItems: 4, parameters: [w], size: 1, batches: 'rows' },
    forward: () => void log.push(`${name} forward`),
    accumulate() {
      log.push(`${name} accumulate`);
      w.gradient[0]! -= 1;
      return loss(w.values[0]!);
    },
    backward: () => void log.push(`${name} backward`),
    scoreRows() {},
    close() {},
  };
  const pull = (by: number) => {
    w.gradient[0]! -= by;
  };
  return { model, value: () => w.values[0]!, pull };
}

const learner = (
  model: TrainableModel,
  qualities: readonly number[],
  more: Partial<LearnerTask> = {},
): LearnerTask => ({
  model,
  options,
  validate: (epoch) => ({ value: qualities[epoch - 1] ?? -1, metrics: {} }),
  ...more,
});

const together = (learners: readonly LearnerTask[], more: Partial<JointTask> = {}) =>
  trainTogether({ kernels: k, train, learners, ...more });

test('in a step all take their gradients before any of them moves', async () => {
  const log: string[] = [];
  const [a, b] = [counter('a', log), counter('b', log)];
  const hooks = (): Hooks => ({
    base: 'kept',
    beforeEpoch: (epoch) => void log.push(`epoch ${epoch}`),
    prepare: (_, which) => void log.push(`prepare ${which}`),
    accumulate(_, which) {
      log.push(`method ${which}: ${a.value()} ${b.value()}`);
      return 10;
    },
  });
  const losses: number[][] = [[], []];
  const listen = (which: number) => (e: TrainEvent) => void (e.type === 'epoch' && losses[which]!.push(e.loss));
  const few = { ...options, epochs: 1, batchSize: 6 };
  await together(
    [
      learner(a.model, [], { options: few, listen: listen(0) }),
      learner(b.model, [], { options: few, listen: listen(1) }),
    ],
    { hooks },
  );
  assert.deepEqual(log, [
    'epoch 1',
    ...['a forward', 'b forward'],
    ...['prepare 0', 'a accumulate', 'method 0: 0 0', 'prepare 1', 'b accumulate', 'method 1: 0 0'],
    ...['a backward', 'b backward'],
  ]);
  assert.deepEqual(losses, [[11], [11]]);
});

test('models without a method train as each does alone, and each keeps its own best', async () => {
  const [a, b, aAlone, bAlone] = [counter('a'), counter('b'), counter('a'), counter('b')];
  const [low, high] = [
    [1, 5, 4],
    [1, 2, 3, 9],
  ];
  const other = { ...options, batchSize: 3, learningRate: 0.5 };
  const outcomes = await together([learner(a.model, low), learner(b.model, high, { options: other })]);
  const alone = [
    await runLoop({ kernels: k, train, ...learner(aAlone.model, low) }),
    await runLoop({ kernels: k, train, ...learner(bAlone.model, high, { options: other }) }),
  ];
  assert.deepEqual([a.value(), b.value()], [aAlone.value(), bAlone.value()]);
  assert.deepEqual(outcomes, alone);
  assert.deepEqual([outcomes[0]!.bestEpoch, outcomes[1]!.bestEpoch], [2, 4]);
});

test('the model with fewer batches pauses evenly and has each of its batches once', async () => {
  const [a, b] = [counter('a'), counter('b')];
  const seen: string[] = [];
  const hooks = (): Hooks => ({
    base: 'kept',
    accumulate(batch: Batch, which) {
      if (batch.epoch === 1) seen.push(`${which}.${batch.index}`);
      return 0;
    },
  });
  await together([learner(a.model, []), learner(b.model, [], { options: { ...options, batchSize: 1 } })], { hooks });
  assert.deepEqual(seen.join(' '), '1.0 0.0 1.1 1.2 0.1 1.3 1.4 0.2 1.5');
});

test('training ends when no model has improved for its patience, not before', async () => {
  const [a, b] = [counter('a'), counter('b')];
  const patient = { ...options, epochs: 50, patience: 2 };
  const outcomes = await together([
    learner(a.model, [9], { options: patient }),
    learner(b.model, [1, 2, 3, 4], { options: patient }),
  ]);
  assert.deepEqual(
    outcomes.map((o) => [o.epochs, o.bestEpoch, o.reason]),
    [
      [6, 1, 'patience'],
      [6, 4, 'patience'],
    ],
  );
});

test('the start counts as epoch 0 on request, and is restored if no epoch was better', async () => {
  const [a, b] = [counter('a'), counter('b')];
  const better = (epoch: number) => ({ value: epoch, metrics: {} });
  const worse = (epoch: number) => ({ value: -epoch, metrics: {} });
  const outcomes = await together(
    [learner(a.model, [], { validate: better }), learner(b.model, [], { validate: worse })],
    { evaluateStart: true },
  );
  assert.deepEqual([outcomes[0]!.bestEpoch, outcomes[1]!.bestEpoch, a.value(), b.value()], [6, 0, 18, 0]);
});

test('one that diverges ends the training of all, each at its best', async () => {
  const [a, b] = [counter('a'), counter('b', [], (value) => (value >= 6 ? Number.NaN : 1))];
  const events: TrainEvent[] = [];
  const listen = (e: TrainEvent) => void (e.type === 'stop' && events.push(e));
  await assert.rejects(
    together([learner(a.model, [1, 9, 3], { listen }), learner(b.model, [9, 1, 1])]),
    (e) => (e as { code?: string }).code === 'diverged' && /b diverged: the loss of epoch 3/.test(String(e)),
  );
  assert.deepEqual([a.value(), b.value()], [6, 3]);
  assert.deepEqual(events, [{ type: 'stop', epoch: 3, bestEpoch: 2, reason: 'diverged' }]);
});

/** Keeps the newest two, as a run folder does. */
function store(): LoopStore & { kept: LoopCheckpoint[] } {
  const kept: LoopCheckpoint[] = [];
  return {
    kept,
    save(c) {
      const at = kept.findIndex((other) => other.epoch === c.epoch);
      kept.splice(at < 0 ? kept.length : at, 1, structuredClone(c));
      kept.splice(0, kept.length - 2);
    },
    load: (until = Number.POSITIVE_INFINITY) => kept.filter((c) => c.epoch <= until).at(-1),
  };
}

test('training that is stopped resumes to the same result, even if the last checkpoint of one model is missing', async () => {
  const hooks = (a: ReturnType<typeof counter>, b: ReturnType<typeof counter>, kept: Int32Array) => (): Hooks => ({
    base: 'kept',
    tables: [{ name: 'kept', values: kept }],
    beforeEpoch(epoch) {
      kept[0]! += epoch;
    },
    accumulate(_, which) {
      // Each moves by what the other has come to, and by what the method keeps.
      (which === 0 ? a : b).pull((which === 0 ? b : a).value() / 64 + kept[0]!);
      return 0;
    },
  });
  const setup = () => ({ a: counter('a'), b: counter('b'), kept: new Int32Array(1) });
  const straight = setup();
  const qualities = [1, 2, 3, 4, 5, 6];
  const learners = (
    s: ReturnType<typeof setup>,
    stores: readonly LoopStore[] = [],
    until?: [number, AbortController],
  ) =>
    [s.a, s.b].map(({ model }, at) =>
      learner(model, qualities, {
        ...(stores[at] ? { store: stores[at] } : {}),
        listen: (e) => void (e.type === 'epoch' && e.epoch === until?.[0] && until[1].abort()),
      }),
    );
  await together(learners(straight), { hooks: hooks(straight.a, straight.b, straight.kept) });

  for (const lost of [undefined, 0, 1] as const) {
    const stores = [store(), store()];
    for (const epoch of [2, 4]) {
      const [s, stop] = [setup(), new AbortController()];
      const run = together(learners(s, stores, [epoch, stop]), {
        hooks: hooks(s.a, s.b, s.kept),
        signal: stop.signal,
      });
      await assert.rejects(run, (e) => (e as { code?: string }).code === 'interrupted');
    }
    assert.deepEqual(
      stores.map((one) => one.kept.at(-1)!.epoch),
      [4, 4],
    );
    // A process that ends between the two writes leaves one of them behind.
    if (lost !== undefined) stores[lost]!.kept.pop();
    const s = setup();
    await together(learners(s, stores), { hooks: hooks(s.a, s.b, s.kept) });
    assert.deepEqual([s.a.value(), s.b.value()], [straight.a.value(), straight.b.value()], `lost ${lost}`);
    const again = setup();
    const outcomes = await together(learners(again, stores), { hooks: hooks(again.a, again.b, again.kept) });
    assert.deepEqual([outcomes[0]!.epochs, again.a.value(), again.b.value()], [6, s.a.value(), s.b.value()]);
  }
});
