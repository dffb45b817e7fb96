/** Example programs that print an address and serve until they are told to stop. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Started {
  readonly url: string;
  /** The line with the address. */
  readonly line: string;
  /** Ends it; resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a program of the repository with Node and waits for the address. */
export async function start(...words: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (found) resolve(found);
    });
    void ended.then(() => reject(new Error(`${words.join(' ')} ended: ${said}`)));
  });
  return {
    url,
    line: said,
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}
