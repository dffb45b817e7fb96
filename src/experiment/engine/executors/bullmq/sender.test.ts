import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobEvent } from '../../events.js';
import type { Progress } from './message.js';
import { createSender } from './sender.js';

const epoch = (at: number): JobEvent => ({ type: 'epoch', epoch: at, epochs: 9, loss: 1, seconds: 1 });
const step = (done: number): JobEvent => ({ type: 'progress', what: 'ranking', done, total: 9 });

test('events are sent together, in order, before what follows them; of steps in a row the newest remains', async () => {
  const posted: Progress[] = [];
  const send = createSender(async (progress) => posted.push(progress));
  send({ worker: 'w' });
  for (let at = 1; at <= 3; at++) send.event(epoch(at));
  for (let done = 1; done <= 3; done++) send.event(step(done));
  send.event(epoch(4));
  send({ retry: { attempt: 1, most: 2, end: 'SIGKILL' } });
  send.event(epoch(5));
  await send.last();
  assert.deepEqual(posted, [
    { worker: 'w' },
    { events: [epoch(1), epoch(2), epoch(3), step(3), epoch(4)] },
    { retry: { attempt: 1, most: 2, end: 'SIGKILL' } },
    { events: [epoch(5)] },
  ]);
});

test('while nothing is answered, messages and events stay bounded, and the error is sent at last', async () => {
  const posted: Progress[] = [];
  let answer = (): void => {};
  const silence = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const send = createSender(async (progress) => {
    await silence;
    posted.push(progress);
  });
  for (let n = 0; n < 500; n++) send({ worker: `${n}` });
  for (let at = 1; at <= 3000; at++) send.event(epoch(at));
  send({ error: { message: 'why' } });
  answer();
  await send.last();
  assert.ok(posted.length < 110, `${posted.length} messages`);
  const events = posted.flatMap((progress) => ('events' in progress ? progress.events : []));
  assert.equal(events.length, 1000);
  assert.deepEqual(posted.at(-1), { error: { message: 'why' } });
});

test('messages that cannot be sent do not stop later ones', async () => {
  const posted: Progress[] = [];
  const send = createSender(async (progress) => {
    if ('worker' in progress) throw new Error('refused');
    posted.push(progress);
  });
  send({ worker: 'w' });
  send.event(epoch(1));
  await send.last();
  assert.deepEqual(posted, [{ events: [epoch(1)] }]);
});
