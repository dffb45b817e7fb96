/** The registry of formats: one line adds one. */
import { fail } from '../errors.js';
import type { Exporter } from './_exporter.js';
import { bundle } from './bundle.js';
import { json } from './json.js';
import { npy } from './npy.js';
import { onnx } from './onnx.js';
import { parquet } from './parquet.js';
import { pgvector } from './pgvector.js';

export type { Exportable, Exporter } from './_exporter.js';

export const exporters: readonly Exporter[] = [bundle, onnx, npy, parquet, pgvector, json];

/** @throws RecdistillError `unknown-name` */
export function exporterNamed(name: string): Exporter {
  const found = exporters.find((e) => e.name === name);
  return found ?? fail('unknown-name', { kind: 'format', given: name, known: exporters.map((e) => e.name).join(', ') });
}
