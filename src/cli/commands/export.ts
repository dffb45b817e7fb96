import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withoutHistories, withoutUsers } from '../../bundle/index.js';
import { fail } from '../../errors.js';
import { type Exporter, type ExporterName, exporterOf, exporterRegistry, exportStudent } from '../../export/index.js';
import { choice, flag, optionalText, options } from '../../options/options.js';
import { unitOption } from '../../options/unit-option.js';
import { busy } from '../../progress.js';
import { formatBytes, formatCount } from '../../report/format.js';
import { kindOf, type StudentModel } from '../../student/index.js';
import { precisions } from '../../student/parse-bundle.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group, runsGroup } from '../terminal/groups.js';
import { bundleFolderOf, noHistories } from './recommendations.js';

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
    withoutUsers: flag({
      default: false,
      help: 'Leave out users and their histories: the student answers for items that a user has (kind items-only).',
    }),
    withoutHistories: flag({
      default: false,
      help: 'Leave out what users have: lists may then have these items, unless a request names them.',
    }),
    withoutNames: flag({ default: false, help: 'Leave out the names of items, which can be most of the bytes.' }),
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
    ['export small --precision int8 --out small-int8', 'a bundle with a byte for each factor'],
    ['export small --without-users --out public', 'a bundle without personal data'],
    ['export small --format onnx --out onnx', 'an ONNX model'],
    ['export small --format pgvector --precision f16 --out small.sql', 'SQL for PostgreSQL with pgvector'],
    ['export arrays --from npy --out bundle', 'a bundle from NumPy arrays'],
  ],
  async run(given) {
    const { format, precision, out, from, ...without } = readOptions(exportGroup, given);
    const { runs } = readOptions(runsGroup, given);
    if (out === undefined)
      fail('usage', { problem: 'export needs --out: the folder or file to write', hint: 'For example --out exported' });
    const source = given.args[0]!;
    const folderOrFile = from === 'bundle' ? bundleFolderOf(source, runs) : source;
    const student = await busy(() => exporterOf(from).read!(folderOrFile));
    const model = lessOf(student.model, without);
    await exportStudent({ ...student, model }, format, out, precision);
    const { nUsers, nItems, dim, answer } = model;
    const [kind, bytes, folder] = [kindOf(model), sizeOf(out), statSync(out).isDirectory()];
    const users = answer ? `No users (${answerText[answer.by]})` : `${formatCount(nUsers)} users`;
    const size = `${out}: ${exporterOf(format).summary}. ${users}, ${formatCount(nItems)} items, ${dim} factors, ${precision}, ${formatBytes(bytes)}.`;
    const text = kind === 'users-and-items' && !model.seen ? `${size}\n${noHistories}` : size;
    const json = { out, folder, format, precision, kind, ...(answer && { answer: answer.by }), nUsers, nItems, dim };
    return { text, json: { ...json, bytes } };
  },
};

const answerText = { history: 'answers from its own input factors', 'fold-in': 'answers by fold-in' } as const;

interface Without {
  readonly withoutUsers: boolean;
  readonly withoutHistories: boolean;
  readonly withoutNames: boolean;
}

function lessOf(model: StudentModel, without: Without): StudentModel {
  const { labels, ...unnamed } = model;
  const named = without.withoutNames ? unnamed : model;
  if (without.withoutUsers) return withoutUsers(named);
  return without.withoutHistories ? withoutHistories(named) : named;
}

const sizeOf = (out: string): number =>
  statSync(out).isDirectory()
    ? readdirSync(out).reduce((sum, name) => sum + statSync(join(out, name)).size, 0)
    : statSync(out).size;
