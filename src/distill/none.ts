import { options } from '../options/options.js';
import { distillationMethod } from './_method.js';

/** No distillation: the student with its base loss only. The baseline of every method. */
export const none = distillationMethod({
  name: 'none',
  summary: 'No distillation: the student is trained with its own loss only',
  source: 'the baseline of the other methods',
  needs: { teachers: 'none', form: 'frozen', base: 'kept', student: [], teacher: [] },
  options: options({}),
  create: () => ({ base: 'kept', close() {} }),
});
