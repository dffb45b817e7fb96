/** Time and memory of one epoch of each trained model against PyTorch. */
import { join } from 'node:path';
import { definePage } from '../../_page.js';
import { comparedTable, type Measured, machineOf, measure, SIDE_BY_SIDE } from './bench.js';

/** By the name of the row: the model, the ratio that is the goal, and the case. */
const ROWS: Readonly<Record<string, readonly [string, number, string]>> = {
  'bpr-epoch': ['bpr-mf', 3, 'dim64-batch1024'],
  'cml-epoch': ['cml', 3, 'hardest-of-20'],
  'neumf-epoch': ['neumf', 3, 'dim32-layers3'],
  'lightgcn-epoch': ['lightgcn', 1, 'layers3-batch8192'],
  'mult-vae-epoch': ['mult-vae', 1, 'hidden200-latent64-batch500'],
  'item-autoencoder-epoch': ['item-autoencoder', 1, 'hidden200-latent64-batch500'],
  'cdae-epoch': ['cdae', 1, 'dim64-batch128'],
};
const SETS = ['citeulike-hetcomp-split', 'foursquare-hetcomp-split'];

/** By data set and row. */
type EpochNumbers = Readonly<Record<string, Readonly<Record<string, Measured>>>>;

function section([data, found]: readonly [string, EpochNumbers[string]]): string[] {
  const inOrder = Object.keys(ROWS).flatMap((row) => (found[row] === undefined ? [] : [{ row, m: found[row] }]));
  const rows = inOrder.map(({ row, m: measured }) => {
    const [name, goal] = ROWS[row]!;
    return { name, measured, plain: 'torch', goal };
  });
  const works = inOrder.map(
    ({ row, m: { work, notes } }) => `- ${ROWS[row]![0]}: ${work}${notes.length > 0 ? ` (${notes.join(' ')})` : ''}`,
  );
  return [`## ${data}`, comparedTable('model', rows), works.join('\n')];
}

export const epochs = definePage<{ data: string; row: string; measured: Measured }, EpochNumbers>({
  name: 'epochs',
  title: 'Time and memory of one epoch of each model against PyTorch',
  needs: `${SETS.join(', ')}; npm run bench -- setup`,
  folder: join('runs', 'epochs'),
  parts: SETS.flatMap((data) => Object.keys(ROWS).map((row) => `${data}/${row}`)),
  async run(part, context) {
    const [data = '', row = ''] = part.split('/');
    return { data, row, measured: await measure(data, [row, ROWS[row]![2]], context) };
  },
  gather: (found) =>
    Object.fromEntries(
      SETS.map((data) => [
        data,
        Object.fromEntries(found.filter((f) => f.data === data).map((f) => [f.row, f.measured])),
      ]),
    ),
  render: (numbers) => ({
    title: 'One epoch of each model against PyTorch',
    about: `${SIDE_BY_SIDE}
The plain form uses \`torch.optim.Adam\`; the fastest form is the best that we could write, with \`Adam(fused=True)\`.
${machineOf(Object.values(Object.values(numbers)[0]!)[0]!)}`,
    sections: Object.entries(numbers).flatMap(section),
  }),
});
