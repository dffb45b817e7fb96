/** Every model as teacher of every method: it teaches, alone and beside a trained model, or is refused with a reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from 'recdistill/data';
import { isCoTrained, methodRegistry } from 'recdistill/distill';
import { createKernels } from 'recdistill/kernels';
import { type ModelSpec, modelRegistry } from 'recdistill/models';
import { ownOptions } from 'recdistill/options';
import { capabilitiesOf, type Job, runJob } from 'recdistill/runs';

const kernels = createKernels({ threads: 1, memoryLimit: 2 ** 28 });
const dataset = await loadDataset({ data: 'synthetic:40x50x500' });
const setting = { kernels, dataset, evaluation: { at: [5], selectBy: 'recall@5' } };
const tiny = { dim: 8, hidden: 16, epochs: 2, batchSize: 50, evaluateEvery: 1 };
const train = (spec: ModelSpec): Promise<Job> =>
  runJob({ ...setting, model: spec.name, options: { ...ownOptions(spec.options, tiny), ...spec.small } });
const jobs = new Map<string, Job>();
for (const spec of modelRegistry.all()) jobs.set(spec.name, await train(spec));
const neural = jobs.get('cml')!.teacher;

for (const method of methodRegistry.all()) {
  if (method.needs.teachers === 'none' || isCoTrained(method)) continue;
  const { hidden: _, ...student } = tiny;
  const options = { ...method.small, ...student };
  const distil = (teachers: readonly Job['teacher'][]) =>
    runJob({ ...setting, model: 'bpr-mf', method: method.name, options, teachers });
  test(`${method.name}: every model teaches alone and beside a trained one, or is refused with the reason`, async () => {
    for (const spec of modelRegistry.all()) {
      const { teacher } = jobs.get(spec.name)!;
      const lacks = method.needs.teacher.some((c) => !capabilitiesOf(spec).includes(c));
      for (const teachers of [[teacher], [neural, teacher]]) {
        if (spec.cannotTeach !== undefined || lacks) {
          const why =
            lacks && spec.cannotTeach === undefined
              ? `needs teachers with .* which ${spec.name} does not have`
              : `because ${spec.cannotTeach}`;
          await assert.rejects(distil(teachers), new RegExp(why), spec.name);
          continue;
        }
        const { result, evaluation } = await distil(teachers);
        assert.equal(result.method, method.name);
        assert.ok(evaluation.means['recall@5']! >= 0, spec.name);
      }
    }
  });
}

test('only models that rank alike for all users cannot teach', () => {
  const refused = modelRegistry.all().filter((m) => m.cannotTeach !== undefined);
  assert.deepEqual(
    refused.map((m) => m.name),
    ['top-pop'],
  );
});

test('ials alone among the computed models has a trajectory of its sweeps', () => {
  const epochs = (name: string) => jobs.get(name)!.teacher.trajectory.checkpoints.map((c) => c.epoch);
  assert.deepEqual(epochs('ials'), [1, 2]);
  for (const name of ['ease', 'rp3beta', 'item-knn']) assert.deepEqual(epochs(name), [0], name);
});
