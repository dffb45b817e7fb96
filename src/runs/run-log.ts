/** A log of a run: numbered JSON lines that can be truncated to an epoch. */
import { appendLine, keepLines, readSealedLines, sealedLine, syncFile } from '../formats/lines.js';

export interface RunLog {
  /** Adds a line with the next number under `seq`. @throws RecdistillError `write-failed` */
  append(fields: Readonly<Record<string, unknown>>): void;
  /** Removes the first line whose `epoch` is above `epoch`, and all lines after it. @throws RecdistillError `write-failed`, `artifact-damaged` */
  cutAfter(epoch: number): void;
  /** Flushes the lines to disk. @throws RecdistillError `write-failed` */
  sync(): void;
}

/**
 * @param sealed whether every line must have a checksum
 * @param confirm checks that this process may still write
 * @throws RecdistillError `artifact-damaged` if a line of an existing log is damaged
 */
export function openLog(path: string, sealed: boolean, confirm: () => void): RunLog {
  let lines = readSealedLines(path, sealed).length;
  return {
    append(fields) {
      appendLine(path, sealedLine({ seq: lines + 1, ...fields }), confirm);
      lines += 1;
    },
    cutAfter(epoch) {
      const first = readSealedLines(path, sealed).findIndex(
        (line) => typeof line.epoch === 'number' && line.epoch > epoch,
      );
      if (first < 0) return;
      keepLines(path, first, confirm);
      lines = first;
    },
    sync: () => syncFile(path),
  };
}
