/** A student bundle, in the same or another precision. */
import { readBundle, writingBundle } from '../bundle/index.js';
import { runInParts } from '../progress.js';
import { precisions } from '../student/parse-bundle.js';
import { exporter, writingStep } from './_exporter.js';

export const bundle = exporter({
  name: 'bundle',
  summary: 'a student bundle, in another precision or imported from another format',
  makes: 'folder',
  precisions,
  async write({ model, notes }, out, precision) {
    await runInParts(writingBundle(out, model, notes, { precision }), writingStep(out));
  },
  async read(path) {
    const { model, manifest } = await readBundle(path);
    return { model, notes: manifest };
  },
});
