/** A student bundle, in the same or another precision. */
import { readBundle, writeBundle } from '../bundle/index.js';
import { precisions } from '../student/parse-bundle.js';
import { exporter } from './_exporter.js';

export const bundle = exporter({
  name: 'bundle',
  summary: 'a student bundle, in another precision or imported from another format',
  makes: 'folder',
  precisions,
  async write({ model, notes }, out, precision) {
    writeBundle(out, model, notes, { precision });
  },
  async read(path) {
    const { model, manifest } = await readBundle(path);
    return { model, notes: manifest };
  },
});
