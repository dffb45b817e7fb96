// Writes docs/options.md from the declarations of the options. test/options-page.test.ts fails while the page is not what this writes.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataOptions, rankingOptions } from 'recdistill/data';
import { importanceOptions, methodRegistry } from 'recdistill/distill';
import { evaluationOptions } from 'recdistill/eval';
import { autoOptions, tuneOptions } from 'recdistill/experiment';
import { modelRegistry } from 'recdistill/models';
import { describeOptions } from 'recdistill/options';
import { serveOptions } from 'recdistill/serve';
import { trajectoryOptions } from 'recdistill/train';

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const value = (v) => (v === undefined ? '' : `\`${Array.isArray(v) ? v.join(',') : v}\``);

function table(schema) {
  const rows = describeOptions(schema).map(
    (o) => `| \`${o.name}\` | ${o.kind} | ${value(o.default)} | ${cell(o.range)} | ${cell(o.help)} |`,
  );
  return rows.length === 0
    ? 'No options.'
    : ['| option | kind | default | range | meaning |', '|---|---|---|---|---|', ...rows].join('\n');
}

function searched(space) {
  const parts = Object.entries(space).map(([name, d]) => {
    if (d.kind === 'choices') return `\`${name}\` ${d.values.join(' | ')}`;
    return `\`${name}\` ${d.low} to ${d.high}${d.scale === 'log' ? ' (log)' : ''}`;
  });
  return parts.length === 0 ? '' : ` \`tune\` searches ${parts.join(', ')}.`;
}

const section = (title, about, schema) => [`## ${title}`, ...(about ? [about] : []), '', table(schema), ''].join('\n');

export const page = [
  '# Options',
  '',
  'Made from the declarations in the code by `npm run docs`. In YAML and in the library an option has the name below; on the command line it is',
  'the same in kebab case (`batchSize` is `--batch-size`). An unknown option is an error.',
  '',
  section('data', 'Where interactions come from, how they are filtered and split.', dataOptions),
  section(
    'rankings',
    'How a file of rankings of external teachers is read (docs/external-teachers.md).',
    rankingOptions,
  ),
  section('evaluation', 'How models are evaluated.', evaluationOptions),
  section('trajectory', 'Which checkpoints of a teacher are stored for distillation.', trajectoryOptions),
  section('ensemble', "How the teachers' rankings are fused.", importanceOptions),
  section('tune', 'How the options of models are searched on valid.', tuneOptions),
  section('auto', 'What `auto` looks for, and how much work it may do (docs/auto.md).', autoOptions),
  section('serve', 'The HTTP server (docs/serving.md).', serveOptions),
  ...modelRegistry
    .all()
    .map((m) => section(`model ${m.name}`, `${m.summary}. ${m.source}.${searched(m.search)}`, m.options)),
  ...methodRegistry.all().map((d) => section(`method ${d.name}`, `${d.summary}. ${d.source}.`, d.options)),
].join('\n');

const target = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'options.md');
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== page) {
    console.error('docs/options.md is out of date: run npm run docs');
    process.exit(1);
  }
} else writeFileSync(target, page);
