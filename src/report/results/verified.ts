/** The outcome of `verify`, one thing a line. */
import type { Verified } from '../../runs/index.js';
import { formatBytes, formatCount } from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import { textColumns } from './_columns.js';

export const verifiedTable = (found: readonly Verified[]): ResultTable =>
  resultTable({
    columns: textColumns(['state', 'path', 'what', 'files', 'remarks']),
    rows: found.map(({ state, path, what, files, bytes, problems, notes }) => ({
      cells: {
        ...{ state: state === 'damaged' ? 'DAMAGED' : state, path, what },
        files: `${formatCount(files)}, ${formatBytes(bytes)}`,
        remarks: [...problems, ...notes].join('; '),
      },
    })),
    notes: [
      (['whole', 'unfinished', 'damaged'] as const)
        .map((state) => `${formatCount(found.filter((v) => v.state === state).length)} ${state}`)
        .join(', '),
    ],
  });
