/** A log of a run: numbered JSON lines that can be truncated to an epoch. */
import { appendLine, keepLines, readJsonLines, syncFile } from '../formats/lines.js';

export interface RunLog {
  /** Adds a line with the next number under `seq`. @throws RecdistillError `write-failed` */
  append(fields: Readonly<Record<string, unknown>>): void;
  /** Removes the first line whose `epoch` is above `epoch`, and all lines after it. @throws RecdistillError `write-failed`, `artifact-damaged` */
  cutAfter(epoch: number): void;
  /** Flushes the lines to disk. @throws RecdistillError `write-failed` */
  sync(): void;
}

/** @throws RecdistillError `artifact-damaged` if a line of an existing log is not a JSON object */
export function openLog(path: string): RunLog {
  let lines = readJsonLines(path).length;
  return {
    append(fields) {
      appendLine(path, JSON.stringify({ seq: lines + 1, ...fields }));
      lines += 1;
    },
    cutAfter(epoch) {
      const first = readJsonLines(path).findIndex((line) => typeof line.epoch === 'number' && line.epoch > epoch);
      if (first < 0) return;
      keepLines(path, first);
      lines = first;
    },
    sync: () => syncFile(path),
  };
}
