import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodOf } from '../distill/index.js';
import type { RecdistillError } from '../errors.js';
import { modelOf } from '../models/index.js';
import { checkStudent, splitOptions, type TeacherProfile } from './method.js';
import { refusedAs } from './small.test.support.js';

const mf = { name: 'bpr-mf', has: ['embeddings' as const] };
const [bprMf, hetcomp, none] = [modelOf('bpr-mf'), methodOf('hetcomp'), methodOf('none')];

test('options are assigned to the unit that declares them, checked and with defaults', () => {
  const { modelOptions, methodOptions } = splitOptions(bprMf, hetcomp, { dim: 3, lambda: 0.5 });
  assert.deepEqual([modelOptions.dim, modelOptions.optimizer, 'lambda' in modelOptions], [3, 'adam', false]);
  assert.deepEqual([methodOptions.lambda, methodOptions.topK, 'dim' in methodOptions], [0.5, 100, false]);
});

test('an option that neither has is refused with the nearest of both', () => {
  const hint = (given: object, method = hetcomp) => {
    try {
      splitOptions(bprMf, method, { ...given });
    } catch (e) {
      assert.ok(refusedAs('unknown-option')(e));
      return (e as { hint: string }).hint;
    }
    return assert.fail('was taken');
  };
  assert.equal(hint({ lamda: 1 }), 'Did you mean "lambda"?');
  assert.equal(hint({ dims: 1 }), 'Did you mean "dim"?');
  assert.match(hint({ lambda: 1 }, none), /^Known options: dim, /);
  assert.match(hint({ toString: 1 }), /^Known options: /);
});

test('an invalid value is refused with the unit that declares the option', () => {
  assert.throws(() => splitOptions(bprMf, hetcomp, { dim: 0 }), refusedAs('bad-option', /"dim" of bpr-mf/));
  assert.throws(() => splitOptions(modelOf('mf'), none, { negatives: 2 }), refusedAs('bad-option', /negatives/));
  assert.throws(() => splitOptions(bprMf, hetcomp, { alpha: 0 }), refusedAs('bad-option', /"alpha" of hetcomp/));
});

test('method options that leave no loss, or have no effect together, are refused before any work', () => {
  const softmax = methodOf('softmax');
  const refused = (method: typeof softmax, given: object, message: RegExp) =>
    assert.throws(() => splitOptions(bprMf, method, { ...given }), refusedAs('bad-option', message));
  for (const method of [softmax, hetcomp]) {
    refused(method, { lambda: 0 }, /"lambda" of \w+ is 0; expected more than 0 with base replaced/);
    splitOptions(bprMf, method, { lambda: 0, base: 'kept' });
  }
  refused(hetcomp, { transfer: 'fine', fineWeight: 0 }, /"fineWeight" of hetcomp is 0/);
  splitOptions(bprMf, hetcomp, { fineWeight: 0 });
  for (const given of [{ period: 3 }, { alpha: 2 }, { decay: 0.9 }, { discrepancyK: 10 }, { trajectoryLength: 4 }]) {
    const idle = new RegExp(`"${Object.keys(given)[0]}" of softmax .*no effect with the curriculum none`);
    refused(softmax, given, idle);
    refused(softmax, { ...given, curriculum: 'none' }, idle);
    splitOptions(bprMf, softmax, { ...given, curriculum: 'dynamic' });
  }
  refused(softmax, { curriculum: 'fixed', alpha: 2 }, /"alpha" of softmax .* the curriculum fixed/);
  splitOptions(bprMf, softmax, { curriculum: 'fixed', period: 3, trajectoryLength: 4 });
  // What a student that continues from a bundle has by default.
  splitOptions(bprMf, softmax, { trajectoryLength: 1 });
});

test('students and numbers of teachers that a method cannot do with are refused', () => {
  checkStudent(bprMf, hetcomp, [mf]);
  checkStudent(bprMf, none, []);
  checkStudent(modelOf('ease'), none, []);
  assert.throws(() => checkStudent(bprMf, none, [mf, mf]), refusedAs('needs-not-met', /takes no teachers; 2/));
  assert.throws(() => checkStudent(bprMf, hetcomp, []), refusedAs('needs-not-met', /none were given/));
  for (const computed of ['ease', 'ials']) {
    // Factors alone make no student: a computed model has no gradient.
    assert.throws(
      () => checkStudent(modelOf(computed), hetcomp, [mf]),
      (e) => {
        assert.ok(refusedAs('needs-not-met', /computed model/)(e));
        assert.match((e as { hint: string }).hint, /^Students for hetcomp: bpr-mf, mf, cml, neumf, lightgcn/);
        assert.doesNotMatch((e as { hint: string }).hint, /ials|ease/);
        return true;
      },
    );
  }
  for (const network of ['neumf', 'mult-vae']) checkStudent(modelOf(network), hetcomp, [mf]);
  assert.throws(
    () => checkStudent(modelOf('item-autoencoder'), hetcomp, [mf]),
    refusedAs('needs-not-met', /scores that can be trained through, which item-autoencoder does not have/),
  );
  const rrd = methodOf('rrd');
  checkStudent(bprMf, rrd, [mf, mf]);
  const de = methodOf('de');
  checkStudent(bprMf, de, [mf]);
  assert.throws(() => checkStudent(modelOf('mult-vae'), de, [mf]), refusedAs('needs-not-met', /inner products/));
  assert.throws(
    () => checkStudent(bprMf, de, [mf, { name: 'theirs', has: [] }]),
    refusedAs('needs-not-met', /de needs teachers with embeddings, which theirs does not have/),
  );
  const theirs: TeacherProfile = { name: 'theirs', has: [] };
  for (const name of ['de', 'fitnet', 'freqd', 'htd', 'pckd']) {
    const hintOf = (teachers: readonly TeacherProfile[]) => {
      try {
        checkStudent(bprMf, methodOf(name), teachers);
      } catch (error) {
        return (error as RecdistillError).hint;
      }
      return '';
    };
    assert.match(hintOf([mf, theirs]), /Of the given teachers, bpr-mf has these: leave the others out/);
    assert.match(hintOf([theirs, mf, { ...mf, name: 'cml' }]), /bpr-mf, cml have these/);
    assert.match(hintOf([theirs]), /None of the given teachers has these: .* Models with these: .*lightgcn/);
  }
});

test('defaults as a student: the given ones, then those of the model, then those of the method', () => {
  const fism = modelOf('fism');
  const of = (method: string, given: object) => splitOptions(fism, methodOf(method), { ...given }).modelOptions;
  assert.ok(fism.kind === 'trained' && fism.asStudent);
  const { asStudent } = fism;
  const own: Readonly<Record<string, unknown>> = fism.options.parse({});
  assert.notEqual(asStudent.l2, own.l2);
  assert.equal(of('hetcomp', {}).learningRate, asStudent.learningRate);
  assert.equal(of('hetcomp', {}).l2, asStudent.l2);
  assert.equal(of('hetcomp', { l2: 0.5 }).l2, 0.5);
  assert.equal(of('none', {}).l2, own.l2);
  assert.notEqual(splitOptions(modelOf('bpr-mf'), methodOf('hetcomp'), {}).modelOptions.l2, asStudent.l2);
});
