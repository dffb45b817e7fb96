import { statSync } from 'node:fs';
import { fail } from '../../errors.js';
import { type Exporter, type ExporterName, exporterOf, exporterRegistry } from '../../export/index.js';
import { choice, optionalText, options } from '../../options/options.js';
import { unitOption } from '../../options/unit-option.js';
import { formatCount } from '../../report/format.js';
import { precisions } from '../../student/parse-bundle.js';
import type { Command } from '../terminal/_command.js';
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
    format: unitOption<ExporterName, Exporter>(exporterRegistry, { default: 'bundle', help: 'What to write.' }),
    precision: choice(precisions, { default: 'f32', help: 'How the factors are kept.' }),
    out: optionalText({ help: 'Folder or file to write.' }),
    from: unitOption<ExporterName, Exporter>(exporterRegistry, {
      default: 'bundle',
      except: writeOnly,
      help: 'What RUN is, if it was exported before.',
    }),
  }),
);

export const exportCommand: Command = {
  name: 'export',
  summary: 'Write a student for other programs, or make a bundle of such files',
  about: [
    'RUN is a run with a student bundle (its name or folder), the folder of a bundle, or with --from what was exported before.',
    'Formats:',
    ...exporterRegistry.all().map((e) => `  ${e.name.padEnd(10)} ${e.summary} (${e.precisions.join(', ')})`),
    'docs/serving.md shows how each is used.',
  ].join('\n'),
  args: [{ name: 'RUN', help: 'Run, bundle, or exported file or folder.', required: true }],
  groups: [exportGroup, runsGroup],
  examples: [
    ['export small --precision int8 --out small-int8', 'a bundle of a quarter of the size'],
    ['export small --format onnx --out onnx', 'an ONNX model'],
    ['export small --format pgvector --precision f16 --out small.sql', 'tables for PostgreSQL'],
    ['export arrays --from npy --out bundle', 'a bundle of NumPy arrays'],
  ],
  async run(given) {
    const { format, precision, out, from } = readOptions(exportGroup, given);
    const { runs } = readOptions(runsGroup, given);
    if (out === undefined)
      fail('usage', { problem: 'export needs --out: the folder or file to write', hint: 'For example --out exported' });
    const target = exporterOf(format);
    if (!target.precisions.includes(precision)) {
      const hint = `Take one of: ${target.precisions.join(', ')}.`;
      fail('usage', { problem: `${format} has no precision ${precision}`, hint });
    }
    const source = given.args[0]!;
    const student = await exporterOf(from).read!(from === 'bundle' ? bundleFolderOf(source, runs) : source);
    await target.write(student, out, precision);
    const { nUsers, nItems, dim } = student.model;
    const text = `${out}: ${target.summary}. ${formatCount(nUsers)} users, ${formatCount(nItems)} items, ${dim} factors, ${precision}.`;
    const folder = statSync(out).isDirectory();
    return { text, json: { out, folder, format, precision, nUsers, nItems, dim } };
  },
};
