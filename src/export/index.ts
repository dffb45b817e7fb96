/** The registry of exporters: one line adds one. */
import { statSync } from 'node:fs';
import { fail } from '../errors.js';
import { brokenUnit, createRegistry, type NameOr, type Registry } from '../options/registry.js';
import { fieldProblem, shown } from '../options/unit-check.js';
import { type Precision, precisions } from '../student/parse-bundle.js';
import type { Exportable, Exporter } from './_exporter.js';
import { bundle } from './bundle.js';
import { json } from './json.js';
import { npy } from './npy.js';
import { onnx } from './onnx.js';
import { parquet } from './parquet.js';
import { pgvector } from './pgvector.js';

export { type Exportable, type Exporter, exporter } from './_exporter.js';
export { verifyExport } from './sidecar.js';

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

/**
 * Writes a student in a format. It replaces an existing file or folder of the same format.
 * @param format a name, or a format of your own
 * @throws RecdistillError `usage` for a precision that the format does not have, `write-failed`, `unknown-name`, `broken-unit`
 */
export async function exportStudent(
  student: Exportable,
  format: NameOr<ExporterName> | Exporter,
  out: string,
  precision: Precision = 'f32',
): Promise<void> {
  const target = exporterOf(format);
  const { name, precisions: known } = target;
  if (!known.includes(precision)) {
    fail('usage', { problem: `${name} has no precision ${precision}`, hint: `Use one of: ${known.join(', ')}.` });
  }
  await target.write(student, out, precision);
  const folder = statSync(out, { throwIfNoEntry: false })?.isDirectory();
  if (folder !== (target.makes === 'folder'))
    brokenUnit('exporter', name, `write made no ${target.makes} ${out}, as its field "makes" says`);
}

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
