import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelOf } from '../../models/index.js';
import { evaluation, kernels, newFolder, refusedAs, SMALL, smallData } from '../../runs/small.test.support.js';
import type { PlanEvent } from './events.js';
import { inlineExecutor } from './executors/inline.js';
import { createGraph } from './graph.js';
import type { JobSpec } from './job.js';
import { prepareGraph } from './prepare.js';
import { refuseFailures, runGraph } from './run.js';

test('a result of another revision of the code is not reused, and the plan says so', async () => {
  const [dataset, runs] = [await smallData(), newFolder()];
  const setting = { data: { data: SMALL }, evaluation, trajectory: { checkpoints: 2, spread: 'epochs' } } as const;
  const job: JobSpec = { kind: 'train', name: 'pop', model: 'top-pop', method: 'none', teachers: [], options: {} };
  const run = async (plan: string, overwrite: false | 'differing' = false) => {
    const notes: string[] = [];
    const listen = (event: PlanEvent): void => {
      if (event.type === 'progress' && event.event.type === 'note') notes.push(event.event.message);
    };
    const options = { dataset, runs, overwrite, listen };
    const prepared = await prepareGraph(createGraph(plan, setting, [job]), options);
    const result = await runGraph(prepared, { executor: inlineExecutor(kernels, dataset), overwrite, listen });
    refuseFailures(result, 1);
    return { notes, reused: result.results[0]!.reused };
  };
  assert.deepEqual(await run('first'), { notes: [], reused: false });
  assert.deepEqual(await run('second'), { notes: [], reused: true });
  const spec = modelOf('top-pop') as { revision?: number };
  spec.revision = 2;
  try {
    const { notes, reused } = await run('third');
    assert.equal(reused, false);
    assert.match(
      notes.join(),
      /^it is made again: the finished run first\/pop was made with different code: the model top-pop had revision 1, now it has 2$/,
    );
    const other = refusedAs('run-differs', /first.pop was made with different code: .*revision 1, now it has 2/);
    await assert.rejects(run('first'), other);
    const again = await run('first', 'differing');
    assert.match(again.notes.join(), /^it is made again: .*revision 1, now it has 2/);
  } finally {
    delete spec.revision;
  }
});
