#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fail, RecdistillError } from '../errors.js';
import { packageVersion } from '../formats/package-version.js';
import { strayError, usedModules } from '../options/use.js';
import { withKeptSource } from './commands/source.js';
import type { Answer, Command, Console, Given } from './terminal/_command.js';
import { earlyEnd, failureOf, failureText } from './terminal/failure.js';
import { refuseUnknownFlags } from './terminal/flags.js';
import { outputGroup } from './terminal/groups.js';
import { helpOf, helpOfAll } from './terminal/help.js';
import { misplacedHint, parseCommandLine } from './terminal/program.js';
import { tellingUses, useFromWords } from './use.js';

/** How to call this program again: by its name where it is installed, else by its file. */
function programName(script: string): string {
  const parts = script.split(sep);
  if (parts.includes('node_modules')) return 'npx recdistill';
  return parts.at(-1) === 'recdistill' ? 'recdistill' : `node ${relative(process.cwd(), script) || script}`;
}

async function answerTo(all: readonly string[]): Promise<Answer> {
  const program = programName(process.argv[1] ?? 'recdistill');
  const words = await useFromWords(all);
  // Loaded after the units: the help and flags of the commands list them.
  const { commands } = await import('./index.js');
  const request = parseCommandLine(commands, words);
  if (request.kind === 'version') return { text: packageVersion, json: { version: packageVersion } };
  const { given } = request;
  if (request.kind === 'help') {
    const { topic } = request;
    const text = typeof topic === 'object' ? helpOf(program, topic, given) : helpOfAll(program, commands, topic);
    return { text, json: { help: text } };
  }
  return withMisplacedHint(given, () => tellingUses(() => carriedOut(request.command, given, program)));
}

async function carriedOut(command: Command, given: Given, program: string): Promise<Answer> {
  refuseUnknownFlags(given, [...(command.groupsFor?.(given) ?? command.groups), outputGroup], command.name);
  const quiet = given.flags.quiet === true;
  const console: Console = {
    say: (text) => void (quiet || process.stderr.write(`${text}\n`)),
    quiet,
    terminal: process.stderr.isTTY === true,
    program,
  };
  return command.run(await withKeptSource(command, given, console.say), console);
}

/** Runs `work`. If an unknown name may have been meant as a value of the option before it, the error says so. */
async function withMisplacedHint<T>({ misplaced = {} }: Given, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const meant = cause instanceof RecdistillError ? misplaced[String(cause.details.given)] : undefined;
    if (meant === undefined) throw cause;
    const { code, details } = cause as RecdistillError;
    return fail(code, { ...details, hint: misplacedHint(meant) }, cause);
  }
}

/** Writes a line before the process ends, even if that is now. */
function writeNow(stream: 1 | 2, line: string): void {
  try {
    writeSync(stream, `${line}\n`);
  } catch {
    // The reader has closed the pipe, or is slow and the pipe is full.
    (stream === 1 ? process.stdout : process.stderr).write(`${line}\n`);
  }
}

/** Writes the answer of a command. */
function print(asJson: boolean, text: string, json: unknown): void {
  process.stdout.write(asJson ? `${JSON.stringify(json, null, 2)}\n` : `${text}\n`);
}

async function main(words: readonly string[]): Promise<void> {
  // A reader such as `head` may close the pipe early.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const asJson = words.includes('--json');
  let ended = false;
  const failed = (error: unknown) => {
    const answered = ended;
    ended = true;
    const failure = failureOf(error);
    writeNow(2, failureText(failure, error, Boolean(process.env.RECDISTILL_DEBUG)));
    const { exit, ...rest } = failure;
    if (asJson && !answered) writeNow(1, JSON.stringify({ error: rest }, null, 2));
    process.exitCode = exit;
  };
  process.on('uncaughtException', (error) => {
    // Also after the answer: part of the work may be missing.
    failed(strayError(error));
    process.exit();
  });
  let idle = false;
  process.on('beforeExit', () => {
    idle = true;
  });
  process.on('exit', () => void (ended || failed(earlyEnd(idle, usedModules()))));
  try {
    const answer = await answerTo(words);
    print(asJson, answer.text, answer.json);
    if (answer.failed) process.exitCode = 1;
    ended = true;
  } catch (error) {
    failed(error);
  }
}

await main(process.argv.slice(2));
