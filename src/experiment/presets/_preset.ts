/** What a preset is: the options that a search found to be the best for some models on one data set. */
import { z } from 'zod';

const setting = z.strictObject({
  /** Options of the model that differ from its defaults or were searched. */
  options: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  /** The best result on valid. */
  valid: z.number().optional(),
  /** What the search for this model took. */
  trials: z.number().optional(),
  epochs: z.number().optional(),
  seconds: z.number().optional(),
  /** The space that was searched. */
  searched: z.record(z.string(), z.unknown()).optional(),
});

export const presetSchema = z.strictObject({
  name: z.string(),
  data: z.strictObject({ name: z.string(), fingerprint: z.string() }),
  /** The metric on valid that decided. */
  selectBy: z.string(),
  models: z.record(z.string(), setting),
});

export type Preset = z.output<typeof presetSchema>;
