/** A preset: the best options of some models on one data set, as a search found them. */
import { z } from 'zod';

const setting = z.strictObject({
  /** Options that were searched, or that differ from the defaults of the model. */
  options: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  /** The best result on valid. */
  valid: z.number().optional(),
  /** Cost of the search for this model. */
  trials: z.number().optional(),
  epochs: z.number().optional(),
  seconds: z.number().optional(),
  /** The space that was searched. */
  searched: z.record(z.string(), z.unknown()).optional(),
});

export const presetSchema = z.strictObject({
  name: z.string(),
  data: z.strictObject({ name: z.string(), fingerprint: z.string() }),
  /** The metric on valid by which the search selected. */
  selectBy: z.string(),
  models: z.record(z.string(), setting),
});

export type Preset = z.output<typeof presetSchema>;
