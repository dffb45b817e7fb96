import { options } from '../options/options.js';
import { distillationMethod } from './_method.js';

/** No distillation: the student alone, with its base loss. What every method is compared with. */
export const none = distillationMethod({
  name: 'none',
  summary: 'No distillation: the student with its base loss only',
  source: 'the usual control',
  needs: { teachers: 'none', form: 'frozen', base: 'kept', student: [], teacher: [] },
  options: options({}),
  create: () => ({ base: 'kept', close() {} }),
});
