/** The types of option declarations. */
import type { z } from 'zod';

/** Options by name, each a zod schema with a help text. */
export type OptionShape = Record<string, z.ZodType>;
/** The options of one unit. Unknown names are rejected. */
export type OptionsSchema<S extends OptionShape = OptionShape> = z.ZodObject<S, z.core.$strict>;
/** The values of options, with defaults filled in. */
// biome-ignore lint/suspicious/noExplicitAny: zod's own type of "any object schema".
export type OptionsOf<T> = T extends z.ZodObject<any, any> ? z.output<T> : never;
/** What a caller gives: options with defaults may be left out. */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type OptionsInput<T> = T extends z.ZodObject<any, any> ? z.input<T> : never;
