import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { RecdistillError } from '../../errors.js';
import { modelOf } from '../../models/index.js';
import { checkPresetData, flagsOf, type Preset, presetOptions, presetSchema, presets, readPreset } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'recdistill-presets-'));
after(() => rmSync(folder, { recursive: true }));

const is = (code: string, message: RegExp) => (e: unknown) =>
  e instanceof RecdistillError && e.code === code && message.test(`${e.message} ${e.hint}`);

for (const preset of presets) {
  test(`preset ${preset.name} is whole, and its models take its options`, () => {
    presetSchema.parse(preset);
    assert.equal(readPreset(preset.name), preset);
    assert.match(preset.data.fingerprint, /^[0-9a-f]{64}$/);
    const models = Object.keys(preset.models);
    assert.ok(models.length > 0);
    for (const name of models) assert.equal(presetOptions(preset, modelOf(name)), preset.models[name]!.options);
  });
}

test('presets have names of their own', () => {
  assert.equal(new Set(presets.map((p) => p.name)).size, presets.length);
});

const mine: Preset = {
  name: 'mine',
  data: { name: 'ratings', fingerprint: 'a'.repeat(64) },
  selectBy: 'recall@50',
  models: { 'bpr-mf': { options: { dim: 32, learningRate: 0.01 } }, ease: { options: { l2: 7 } } },
};

test('a preset is read from a file, and other files are refused', () => {
  const path = join(folder, 'preset.json');
  writeFileSync(path, JSON.stringify(mine));
  assert.deepEqual(readPreset(path), mine);
  assert.throws(() => readPreset('nobody'), is('unknown-name', /no preset called "nobody".*citeulike-hetcomp-split/));
  assert.throws(() => readPreset(join(folder, 'none.json')), is('file-missing', /none\.json/));
  for (const [text, problem] of [
    ['{', /not JSON/],
    ['{}', /not a preset: name/],
    [JSON.stringify({ ...mine, models: { ease: { options: { l2: [1] } } } }), /models\.ease\.options\.l2/],
  ] as const) {
    writeFileSync(path, text);
    assert.throws(() => readPreset(path), is('artifact-damaged', problem));
  }
});

test('a preset of other data is refused and its options are shown', () => {
  checkPresetData(mine, { fingerprint: 'a'.repeat(64) }, ['ease']);
  assert.throws(
    () => checkPresetData(mine, { fingerprint: 'b'.repeat(64) }, ['bpr-mf', 'ease', 'top-pop']),
    is(
      'preset-differs',
      /mine was found on ratings \(a{12}\.\.\.\).*set them explicitly: bpr-mf --dim 32 --learning-rate 0\.01; ease --l2 7$/,
    ),
  );
});

test('a model that the preset does not have, or an option that the model does not have, is named', () => {
  assert.throws(() => presetOptions(mine, modelOf('lightgcn')), is('unknown-name', /"lightgcn".*bpr-mf, ease/));
  const odd = { ...mine, models: { ease: { options: { dim: 3 } } } };
  assert.throws(() => presetOptions(odd, modelOf('ease')), is('unknown-option', /"dim" for ease in the preset mine/));
});

test('options are spelled as flags', () => {
  assert.equal(
    flagsOf({ batchSize: 64, optimizer: 'sgd', shuffle: false }),
    '--batch-size 64 --optimizer sgd --no-shuffle',
  );
});
