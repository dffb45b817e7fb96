/** Schemas of requests and responses: one declaration for validation, serialisation and the OpenAPI document. */
import { z } from 'zod';
import { studentKinds } from '../student/index.js';
import { bases } from './basis.js';
import type { ServeOptions } from './options.js';

/** Maximum length of an id. */
export const ID_LENGTH = 1024;

type Limits = Pick<ServeOptions, 'maxK' | 'maxBatch' | 'maxItems'>;

/** Converts query text that is a whole number. The schema reports anything else. */
const counted = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
const switched = (value: unknown): unknown => (value === 'true' ? true : value === 'false' ? false : value);
const listed = (value: unknown): unknown => (typeof value === 'string' ? [value] : value);

/** The schemas of requests, with the limits of this server. */
export function requestSchemas({ maxK, maxBatch, maxItems }: Limits) {
  const id = z.string().max(ID_LENGTH);
  const user = id.describe('Id of the user, as in the training data.');
  const k = z.int().min(1).max(maxK).describe('Length of the list. It is shorter if fewer items are allowed.');
  const ids = z.array(id).max(maxItems);
  const exclude = ids.describe('Items to exclude.');
  const items = ids.describe('Items that the user has.');
  const includeSeen = z.boolean().describe('Also list items that the user already has.');
  const standard = Math.min(10, maxK);
  const asked = { user: user.optional(), items: items.optional() };
  const list = {
    k: k.default(standard),
    exclude: exclude.optional(),
    candidates: ids.describe('Rank only these items.').optional(),
    includeSeen: includeSeen.default(false),
  };
  const query = {
    k: z.preprocess(counted, k.default(standard)),
    exclude: z.preprocess(listed, exclude.optional()),
  };
  return {
    userParams: z.strictObject({ user }),
    itemParams: z.strictObject({ item: id.describe('Id of the item, as in the training data.') }),
    listQuery: z.strictObject({ ...query, includeSeen: z.preprocess(switched, includeSeen.default(false)) }),
    similarQuery: z.strictObject(query),
    listBody: z.strictObject({ ...asked, ...list }),
    batchBody: z.strictObject({ requests: z.array(z.strictObject(asked)).min(1).max(maxBatch), ...list }),
    noQuery: z.strictObject({}),
  };
}

export type RequestSchemas = ReturnType<typeof requestSchemas>;
/** A validated request. */
export type Checked<K extends keyof RequestSchemas> = z.output<RequestSchemas[K]>;

const bundle = z.string().describe('The bundle that answered: the first 12 digits of its SHA-256.');
const ranked = z.object({
  itemId: z.string(),
  label: z.string().optional(),
  rank: z.int().describe('1 is best.'),
  score: z.number(),
});
const recommendations = z.array(ranked).describe('Best first.');
const list = z.object({
  user: z.string().optional(),
  basis: z
    .enum(bases)
    .describe(
      'How the list was computed. "user": from the trained factors of the user. "history": from the items that the user has. "popular": by the number of users who have an item. "average": by the mean score, if the bundle does not contain who has what.',
    ),
  unknownItems: z.array(z.string()).optional().describe('Given items that the student does not know.'),
  recommendations,
});

export const answers = {
  list: list.extend({ bundle }),
  batch: z.object({ bundle, answers: z.array(list).describe('In the order of the requests.') }),
  similar: z.object({ item: z.string(), bundle, similar: recommendations }),
  bundle: z.object({
    bundle,
    sha256: z.string(),
    kind: z
      .enum(studentKinds)
      .describe('"items-only": the student has no users. It answers for items, and for users of --histories.'),
    answer: z
      .enum(['history', 'fold-in'])
      .optional()
      .describe('How a student without users answers: by its own input factors, or by fold-in.'),
    users: z.int().describe('Number of users that a request can name.'),
    items: z.int(),
    dim: z.int(),
    precision: z.string(),
    bytes: z.int().describe('Bytes of all its files: parameters, ids, names, histories, manifest.'),
    histories: z
      .object({
        from: z
          .enum(['bundle', 'file', 'none'])
          .describe(
            'Where the items that users have come from. "file": from --histories. "none": nothing is known, and lists for known users may have items that they already have.',
          ),
        users: z.int().optional().describe('Number of users in the file.'),
        trainedUsers: z.int().optional().describe('How many of them have a vector in the bundle.'),
        interactions: z
          .int()
          .optional()
          .describe('Number of distinct pairs of a user and an item that the student knows.'),
        unknownItems: z.int().optional().describe('Number of items in the file that the student does not know.'),
      })
      .describe('What is known of the items that users have.'),
    licence: z.string(),
    metrics: z
      .record(z.string(), z.number())
      .describe(
        'Metrics of the run on the test part, in f32; none of a final fit. They are not measured again for a bundle in another precision.',
      ),
    evaluatedRun: z
      .object({ run: z.string().describe('Its hash.'), metrics: z.record(z.string(), z.number()) })
      .optional()
      .describe(
        'Of a final fit, which was trained on all interactions and is not evaluated: the run that was evaluated.',
      ),
    kernel: z.string().describe('"wasm", or "plain" if the platform cannot compile the kernel.'),
  }),
  health: z.object({ status: z.enum(['ok', 'stopping']) }),
  error: z.object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string() }) }),
};

export type JsonSchema = Record<string, unknown> & { properties?: Record<string, JsonSchema>; required?: string[] };

/** The JSON Schema of the output of a schema. Fields with a default are not required. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'output',
    override: ({ jsonSchema }) => {
      const { properties, required } = jsonSchema as JsonSchema;
      if (!properties || !required) return;
      const needed = required.filter((name) => properties[name]?.default === undefined);
      if (needed.length > 0) jsonSchema.required = needed;
      else delete jsonSchema.required;
    },
  }) as JsonSchema;
}
