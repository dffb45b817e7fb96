/** A peer: a long-lived child process that speaks one JSON document per line on stdin and stdout, one request at a time. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface PeerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Peer {
  readonly pid: number;
  /** Reads the inputs and gets ready; gives the versions that the peer runs on. */
  prepare(request: PeerInputs): Promise<Readonly<Record<string, string>>>;
  /** Runs the work until `atLeastMs` have been spent, at least once; the time of each run in ms. */
  run(atLeastMs: number): Promise<readonly number[]>;
  /** Does once what stands in the place of the first run. */
  first(): Promise<void>;
  /** Has the peer write its arrays into `folder`. */
  result(folder: string): Promise<void>;
  /** Ends the process, politely first. Never throws. */
  close(): Promise<void>;
}

export interface PeerInputs {
  /** Folder with the arrays, see tensors.ts. */
  readonly folder: string;
  readonly threads: number;
  readonly params: Readonly<Record<string, unknown>>;
}

interface Reply {
  readonly ok: boolean;
  readonly error?: string;
  readonly ms?: readonly number[];
  readonly versions?: Readonly<Record<string, string>>;
}

const KEPT_STDERR = 4000;

/**
 * Starts a peer. Requests reject with the peer's own words when it fails, ends early, answers nonsense, or takes
 * longer than `timeoutMs`.
 */
export function startPeer(command: PeerCommand, timeoutMs = 900_000): Peer {
  const child = spawn(command.file, command.args, {
    env: command.env as NodeJS.ProcessEnv,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let pending: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | undefined;
  let broken: Error | undefined;
  let errors = '';
  const settle = (outcome: Reply | Error): void => {
    const waiting = pending;
    pending = undefined;
    if (outcome instanceof Error) {
      broken ??= outcome;
      waiting?.reject(broken);
    } else waiting?.resolve(outcome);
  };
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-KEPT_STDERR);
  });
  child.stdin.on('error', () => {
    // A peer that is gone is reported by 'close', with its last words.
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    try {
      settle(JSON.parse(line) as Reply);
    } catch (cause) {
      settle(new Error(`the peer answered something else than JSON: ${line.slice(0, 200)}`, { cause }));
    }
  });
  const killAtExit = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killAtExit);
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      settle(new Error(`the peer cannot be started: ${error.message}`, { cause: error }));
      resolve();
    });
    child.on('close', (code, signal) => {
      settle(new Error(`the peer ended early (${signal ?? `exit ${code}`})${errors ? `:\n${errors.trim()}` : ''}`));
      resolve();
    });
  });

  const request = async (message: object): Promise<Reply> => {
    if (broken) throw broken;
    if (pending) throw new Error('a peer takes one request at a time');
    let timer: NodeJS.Timeout | undefined;
    try {
      const reply = await new Promise<Reply>((resolve, reject) => {
        pending = { resolve, reject };
        timer = setTimeout(() => {
          settle(new Error(`the peer took longer than ${timeoutMs / 1000} s`));
          child.kill('SIGKILL');
        }, timeoutMs);
        child.stdin.write(`${JSON.stringify(message)}\n`);
      });
      if (!reply.ok) throw new Error(`the peer failed: ${reply.error ?? 'without a reason'}`);
      return reply;
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    pid: child.pid ?? -1,
    prepare: async (inputs) => (await request({ op: 'prepare', ...inputs })).versions ?? {},
    run: async (atLeastMs) => (await request({ op: 'run', atLeastMs })).ms ?? [],
    first: async () => {
      await request({ op: 'first' });
    },
    result: async (folder) => {
      await request({ op: 'result', folder });
    },
    async close() {
      const killer = setTimeout(() => child.kill('SIGKILL'), 2000);
      // Closing stdin is enough for a peer that reads; a busy or broken one is ended by the timer.
      if (!child.stdin.destroyed) child.stdin.end(`${JSON.stringify({ op: 'quit' })}\n`);
      if (pending || broken) child.kill('SIGKILL');
      await ended;
      clearTimeout(killer);
      process.removeListener('exit', killAtExit);
    },
  };
}
