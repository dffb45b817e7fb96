/** The registry of exporters: one line adds one. */
import { createRegistry, type NameOr, type Registry } from '../options/registry.js';
import { fieldProblem, shown } from '../options/unit-check.js';
import { precisions } from '../student/parse-bundle.js';
import type { Exporter } from './_exporter.js';
import { bundle } from './bundle.js';
import { json } from './json.js';
import { npy } from './npy.js';
import { onnx } from './onnx.js';
import { parquet } from './parquet.js';
import { pgvector } from './pgvector.js';

export { type Exportable, type Exporter, exporter } from './_exporter.js';

/** The formats of recdistill, by name. */
export const exporters = { bundle, onnx, npy, parquet, pgvector, json } as const satisfies Record<string, Exporter>;

export type ExporterName = keyof typeof exporters;

/** Built-in formats, and those that users add. */
export const exporterRegistry: Registry<Exporter> = createRegistry<Exporter>(
  'exporter',
  'format',
  exporters,
  exporterProblem,
);

/** The format of this name, or the format itself. @throws as `Registry.find` */
export const exporterOf = (given: NameOr<ExporterName> | Exporter): Exporter => exporterRegistry.find(given);

function exporterProblem(given: Exporter): string | undefined {
  const problem = fieldProblem(given, {
    ...{ summary: 'text', write: 'function', read: 'function?', precisions: 'list' },
  });
  if (problem !== undefined) return problem;
  if (given.makes !== 'file' && given.makes !== 'folder')
    return `its field "makes" is ${shown(given.makes)}; expected "file" or "folder"`;
  const known: readonly unknown[] = precisions;
  const unknown = given.precisions.find((p) => !known.includes(p));
  if (unknown === undefined && given.precisions.length > 0) return undefined;
  return `its field "precisions" has ${unknown ?? 'nothing'}; expected some of ${precisions.join(', ')}`;
}
