import type { Needs } from '../_method.js';

/** What the methods need that teach embeddings: one teacher, or several as one with their embeddings side by side. */
export const featureNeeds: Needs<'frozen'> = {
  teachers: 'one',
  form: 'frozen',
  base: 'kept',
  student: ['factors'],
  teacher: ['embeddings'],
};
