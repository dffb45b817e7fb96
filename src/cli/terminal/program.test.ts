import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commands as entries } from '../index.js';
import type { Command, Given } from './_command.js';
import { findCommand } from './find-command.js';
import { refuseUnknownFlags } from './flags.js';
import { outputGroup } from './groups.js';
import { helpOf } from './help.js';
import { helpOfAll } from './overview.js';
import { parseWords, type Request, usageOf } from './program.js';

const commands = await Promise.all(entries.map((entry) => entry.load()));
const wordsOf = (line: string): string[] => line.split(' ').filter(Boolean);
const parse = (line: string): Request & { readonly command: Command } => {
  const found = findCommand(entries, wordsOf(line));
  assert.ok(found.kind === 'command', line);
  const command = commands.find(({ name }) => name === found.entry.name)!;
  return { command, ...parseWords(command, found.words) };
};
const run = (line: string) => {
  const request = parse(line);
  assert.equal(request.kind, 'run');
  return request;
};

test('arguments and flags may come in any order', () => {
  for (const line of ['train bpr-mf --dim 8 --json', 'train --json --dim 8 bpr-mf', 'train --dim=8 bpr-mf --json']) {
    const { command, given } = run(line);
    assert.equal(command.name, 'train');
    assert.deepEqual(given, { args: ['bpr-mf'], flags: { dim: '8', json: true } }, line);
  }
  assert.deepEqual(run('train ease --no-overwrite --l2 -1').given.flags, { overwrite: false, l2: '-1' });
  assert.deepEqual(run('evaluate a b c').given.args, ['a', 'b', 'c']);
  assert.equal(run('data list').command.name, 'data list');
});

test('an option of several values can be repeated; in commands without arguments it takes the following words', () => {
  const flags = (line: string) => run(line).given.flags;
  assert.deepEqual(flags('recommend small --items 12 --items 99,x').items, ['12', '99,x']);
  assert.deepEqual(flags('distill --teachers a b,c --at 10 50 --dim 8'), {
    teachers: ['a', 'b,c'],
    at: ['10', '50'],
    dim: '8',
  });
  assert.deepEqual(flags('distill --teachers a --data x.csv y.csv --quiet').data, ['x.csv', 'y.csv']);
  for (const line of ['data inspect --data a.csv b.csv c.csv', 'data split --out o --data a.csv b.csv --data c.csv'])
    assert.deepEqual([run(line).given.args, flags(line).data], [[], ['a.csv', 'b.csv', 'c.csv']], line);
  assert.deepEqual(run('data inspect --ratios 0.8,0.1,0.1 a.csv b.csv').given.args, ['a.csv', 'b.csv']);
  assert.deepEqual(run('train bpr-mf --data a.csv b.csv').given.misplaced, { 'b.csv': '--data a.csv --data b.csv' });
  assert.equal(run('train bpr-mf ease --data a.csv').given.misplaced, undefined);
  assert.deepEqual(flags('train ease --json --json'), { json: true });
});

test('every example of the help is a command that is understood', () => {
  for (const { name, examples, groupsFor, groups } of commands) {
    assert.ok(examples.length > 0, name);
    for (const [line] of examples) {
      const { command, given } = run(line.replace(/ > .*/, ''));
      assert.equal(command.name, name, line);
      refuseUnknownFlags(given, [...(groupsFor?.(given) ?? groups), outputGroup], name);
    }
  }
});

test('the overview shows the arguments of each command', () => {
  for (const { name, usage } of entries) {
    const { args } = commands.find((c) => c.name === name)!;
    // Required arguments are shown without brackets.
    assert.equal(`${name} ${usage}`.trimEnd(), usageOf(name, args));
  }
});

test('every command file is registered', () => {
  const files = readdirSync(new URL('../commands/', import.meta.url)).filter(
    (f) => f.endsWith('.js') && !f.includes('.test.'),
  );
  for (const { name } of commands) assert.ok(files.includes(`${name.replace(' ', '-')}.js`), name);
});

test('the page on the command line lists every command', () => {
  const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  for (const { name } of commands) assert.match(page, new RegExp(`^\\| \`${name}[ \`]`, 'm'));
});

test('help is asked for in several ways and needs no arguments', () => {
  for (const line of ['', '--help', '-h', 'help']) {
    assert.deepEqual(findCommand(entries, wordsOf(line)), { kind: 'overview', topic: undefined }, line);
  }
  for (const line of ['train --help', 'help train', 'train -h', '--help train'])
    assert.equal(parse(line).kind, 'help', line);
  const asked = parse('train lightgcn --help');
  assert.deepEqual([asked.kind, asked.given.args], ['help', ['lightgcn']]);
  for (const line of ['data', 'data --json', 'data --help'])
    assert.deepEqual(findCommand(entries, wordsOf(line)), { kind: 'overview', topic: 'data' });
  for (const line of ['--version', '-V']) assert.equal(findCommand(entries, [line]).kind, 'version');
});

test('an error has a message and a hint', () => {
  const cases: [string, string, RegExp, RegExp][] = [
    ['trian bpr-mf', 'usage', /no command "trian"/, /Did you mean "train"/],
    ['frobnicate', 'usage', /no command "frobnicate"/, /demo, auto, train/],
    ['frobnicate --json', 'usage', /no command "frobnicate"/, /demo, auto, train/],
    ['--jsno train', 'unknown-option', /"--jsno" for recdistill/, /Did you mean "--json"/],
    ['data lst', 'usage', /no command "data lst"/, /Did you mean "data list"/],
    ['train bpr-mf --dmi 3', 'unknown-option', /"--dmi" for train/, /Did you mean "--dim"/],
    ['train bpr-mf -x', 'unknown-option', /"-x" for train/, /--dim/],
    ['train', 'usage', /train needs MODEL/, /train MODEL/],
    ['recommend small large', 'usage', /does not take "large"/, /recommend RUN/],
    ['train bpr-mf --dim', 'usage', /--dim needs a value/, /train --help/],
    ['doctor --json=yes', 'usage', /--json is a switch and takes no value/, /doctor --help/],
    ['train bpr-mf --dim 8 --dim 9', 'usage', /--dim is given twice: "8" and "9"/, /once/],
    ['train bpr-mf --overwrite --no-overwrite', 'usage', /twice: --overwrite and --no-overwrite/, /once/],
    ['recommend small --items 12 99', 'usage', /does not take "99"/, /--items 12,99$/],
    ['import r.csv --data a.csv b.csv c.csv', 'usage', /does not take "b.csv"/, /--data a.csv --data b.csv$/],
    ['distill --at=10 50', 'usage', /does not take "50"/, /--at 10,50$/],
  ];
  for (const [line, code, message, hint] of cases)
    assert.throws(() => parse(line), { code, message, hint, exitCode: 2 }, line);
});

test('help shows the options that hold, with defaults and ranges', () => {
  const train = commands.find((c) => c.name === 'train')!;
  const general = helpOf('recdistill', train, { args: [], flags: {} });
  const ofLightgcn = helpOf('recdistill', train, { args: ['lightgcn'], flags: {} });
  assert.match(ofLightgcn, /Options of lightgcn:\n(.*\n)*? {2}--layers N/);
  assert.doesNotMatch(general, /--layers/);
  assert.match(ofLightgcn.replace(/\s+/g, ' '), /--batch-size N [^(]+\([^)]*\)[^(]*\(>= 1, <= 1000000; default \d+\)/);
  for (const part of [
    'Usage: recdistill train MODEL',
    '--data PATH',
    'Reading files:',
    'JSON array',
    '--threads N',
    '--json',
    'Examples:',
    'mult-vae',
  ]) {
    assert.ok(general.includes(part), part);
  }
  assert.match(general.replace(/\s+/g, ' '), /--missing A,B [^(]*\(default \["","null",/, 'what an empty text is in');
  for (const command of commands) {
    const help = helpOf('recdistill', command, { args: [], flags: {} });
    assert.doesNotMatch(help.replace(/\s+/g, ' '), /default \)/, `${command.name}: a default that is empty`);
  }
  const overview = helpOfAll('recdistill', entries).replace(/\s+/g, ' ');
  for (const { summary } of commands) assert.ok(overview.includes(summary), summary);
  const width = Math.max(...general.split('\n').map((line) => line.length));
  assert.ok(width <= 130, `a line has ${width} characters`);
});

test('commands on finished runs do not show the defaults of data options: the runs recorded them', () => {
  const helpFor = (name: string, flags: Given['flags'] = {}) =>
    helpOf('recdistill', commands.find((c) => c.name === name)!, { args: [], flags });
  for (const name of ['evaluate', 'compare', 'rankings', 'report', 'distill']) {
    assert.match(helpFor(name), /^Data \(default: as the finished runs recorded it\):$/m, name);
    assert.doesNotMatch(helpFor(name), /default (synthetic|0\.6,0\.2,0\.2)/, name);
  }
  assert.doesNotMatch(helpFor('tune', { method: 'rrd' }), /default synthetic/);
  for (const name of ['train', 'tune', 'data inspect']) assert.match(helpFor(name), /default synthetic/, name);
});
