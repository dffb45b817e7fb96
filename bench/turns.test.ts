import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadMeter } from './quiet.js';
import { takeTurns } from './turns.js';

const meterOf = (shares: readonly number[]): LoadMeter => {
  let round = 0;
  return {
    supported: true,
    mark: () => undefined,
    othersSince: () => shares[round++] ?? 0,
    waitForQuiet: async () => 0,
  };
};

/** Sides that note who worked, and whose turns give the numbers of the turn so far. */
function run(shares: readonly number[], rounds: number) {
  const order: string[] = [];
  const sideOf = (name: string) => {
    let turns = 0;
    return {
      turn: async () => {
        order.push(name);
        turns += 1;
        return [turns, 100 * turns, 0];
      },
    };
  };
  const said: string[] = [];
  const options = {
    rounds,
    warmUpTurns: 1,
    turnMs: 1,
    settleMs: 0,
    patienceMs: 0,
    meter: meterOf(shares),
    say: (text: string) => void said.push(text),
  };
  return takeTurns([sideOf('a'), sideOf('b')], options).then((turns) => ({ turns, order, said }));
}

test('sides alternate, warm up first, and a turn gives its median', async () => {
  const { turns, order } = await run([0, 0, 0], 3);
  assert.equal(order.join(''), 'abababab');
  assert.deepEqual(turns, {
    times: [
      [2, 3, 4],
      [2, 3, 4],
    ],
    disturbed: 0,
    noisy: false,
  });
});

test('a disturbed round is reported, repeated and not counted', async () => {
  const { turns, said } = await run([0, 0.4, 0, 0], 3);
  assert.deepEqual(turns, {
    times: [
      [2, 4, 5],
      [2, 4, 5],
    ],
    disturbed: 1,
    noisy: false,
  });
  assert.deepEqual(said, ['a round was disturbed: other processes used 40 % of the machine']);
});

test('if too few rounds are quiet, all count and the result is noisy', async () => {
  const { turns } = await run([0.4, 0.4, 0, 0.4, 0.4, 0.4], 3);
  assert.equal(turns.noisy, true);
  assert.equal(turns.disturbed, 5);
  assert.equal(turns.times[0]!.length, 6);
});

test('half of the rounds quiet are enough to count alone', async () => {
  const { turns } = await run([0.4, 0, 0.4, 0, 0.4, 0.4], 3);
  assert.deepEqual([turns.noisy, turns.times[0]!.length, turns.disturbed], [false, 2, 4]);
});
