#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { packageVersion } from '../formats/package-version.js';
import { useWideVectors } from '../kernels/machine/wide-vectors.js';
import { strayError, usedModules } from '../options/use.js';
import { commands } from './index.js';
import type { Answer } from './terminal/_command.js';
import { earlyEnd, failureOf, failureText } from './terminal/failure.js';
import { findCommand } from './terminal/find-command.js';
import { helpOfAll } from './terminal/overview.js';
import { isUseFlag } from './use-flag.js';

/** How to call this program again: by its name where it is installed, else by its file. */
function programName(script: string): string {
  const parts = script.split(sep);
  if (parts.includes('node_modules')) return 'npx recdistill';
  return parts.at(-1) === 'recdistill' ? 'recdistill' : `node ${relative(process.cwd(), script) || script}`;
}

async function answerTo(all: readonly string[]): Promise<Answer> {
  const program = programName(process.argv[1] ?? 'recdistill');
  const words = all.some(isUseFlag) ? await (await import('./use.js')).useFromWords(all) : all;
  const found = findCommand(commands, words);
  if (found.kind === 'version') return { text: packageVersion, json: { version: packageVersion } };
  if (found.kind === 'overview') {
    const text = helpOfAll(program, commands, found.topic);
    return { text, json: { help: text } };
  }
  // Loaded after the units: the help and flags of the command list them.
  const [command, { carryOut }] = [await found.entry.load(), await import('./carry-out.js')];
  return carryOut(command, found.words, program);
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
  useWideVectors();
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
