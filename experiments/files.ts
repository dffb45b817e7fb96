/** Where the experiments are. This file runs from build/experiments. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Plans of studies and the numbers of all pages. */
export const experiments = join(root, 'experiments');

export const numbersOf = (name: string): string => join(experiments, `${name}.json`);

export const pageOf = (name: string): string => join(root, 'docs', 'results', `${name}.md`);
