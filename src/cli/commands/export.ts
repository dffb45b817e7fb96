import { statSync } from 'node:fs';
import { fail } from '../../errors.js';
import { type Exporter, type ExporterName, exporterOf, exporterRegistry, exportStudent } from '../../export/index.js';
import { choice, optionalText, options } from '../../options/options.js';
import { unitOption } from '../../options/unit-option.js';
import { formatCount } from '../../report/format.js';
import { precisions } from '../../student/parse-bundle.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group, runsGroup } from '../terminal/groups.js';
import { bundleFolderOf } from './recommendations.js';

const writeOnly = exporterRegistry
  .all()
  .filter((e) => !e.read)
  .map((e) => e.name);

const exportGroup = group(
  'Export',
  'export',
  options({
    format: unitOption<ExporterName, Exporter>(exporterRegistry, { default: 'bundle', help: 'Format to write.' }),
    precision: choice(precisions, { default: 'f32', help: 'Number format of the factors.' }),
    out: optionalText({ help: 'Folder or file to write.' }),
    from: unitOption<ExporterName, Exporter>(exporterRegistry, {
      default: 'bundle',
      except: writeOnly,
      help: 'Format of RUN, if it was exported before.',
    }),
  }),
);

export const exportCommand: CommandBody = {
  about: [
    'RUN is a run with a student bundle (by name or folder), or the folder of a bundle. With --from it is an exported file or folder.',
    'Formats:',
    ...exporterRegistry.all().map((e) => `  ${e.name.padEnd(10)} ${e.summary} (${e.precisions.join(', ')})`),
    'docs/serving.md shows how to use each format.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Run, bundle, or exported file or folder.', required: true }],
  groups: [exportGroup, runsGroup],
  examples: [
    ['export small --precision int8 --out small-int8', 'a bundle of about a quarter of the size'],
    ['export small --format onnx --out onnx', 'an ONNX model'],
    ['export small --format pgvector --precision f16 --out small.sql', 'SQL for PostgreSQL with pgvector'],
    ['export arrays --from npy --out bundle', 'a bundle from NumPy arrays'],
  ],
  async run(given) {
    const { format, precision, out, from } = readOptions(exportGroup, given);
    const { runs } = readOptions(runsGroup, given);
    if (out === undefined)
      fail('usage', { problem: 'export needs --out: the folder or file to write', hint: 'For example --out exported' });
    const source = given.args[0]!;
    const student = await exporterOf(from).read!(from === 'bundle' ? bundleFolderOf(source, runs) : source);
    await exportStudent(student, format, out, precision);
    const { nUsers, nItems, dim } = student.model;
    const text = `${out}: ${exporterOf(format).summary}. ${formatCount(nUsers)} users, ${formatCount(nItems)} items, ${dim} factors, ${precision}.`;
    const folder = statSync(out).isDirectory();
    return { text, json: { out, folder, format, precision, nUsers, nItems, dim } };
  },
};
