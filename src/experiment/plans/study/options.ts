/** What a study is to compare: one student, taught in several ways by the same teachers, over several seeds. */
import { z } from 'zod';
import { methodRegistry } from '../../../distill/index.js';
import { modelRegistry } from '../../../models/index.js';
import { int, type OptionsOf, options, text, unitName } from '../../../options/index.js';
import { tuneOptions } from '../../search/index.js';
import { pipelineOptions } from '../plan.js';

const { students: _, name: __, ...shared } = pipelineOptions.shape;

/** Further keys are options of the method and of the student. */
const entry = z.looseObject({
  name: z
    .string()
    .regex(/^[\w][\w.-]*$/)
    .optional()
    .describe('Name of its runs and its row; default: that of the method.'),
  method: unitName(methodRegistry).describe('The method: its name, or in the library a method of your own.'),
  teachers: z.array(z.string()).min(1).optional().describe('Names of the teachers that it learns from; default: all.'),
  ensemble: z
    .enum(['given', 'homogeneous'])
    .default('given')
    .describe('Whether the teachers are those given, or as many of one model that differ in their seeds.'),
});

export const studyOptions = options({
  ...shared,
  name: text({
    default: 'study',
    help: 'Folder of the runs, below the runs folder. Studies of one name share what they have in common.',
  }),
  student: z
    .looseObject({ model: unitName(modelRegistry) })
    .prefault({ model: 'bpr-mf', dim: 6 })
    .describe('The student, the same in every entry; further keys are its options.'),
  entries: z
    .union([z.enum(['methods', 'ablation']), z.array(entry).min(1)])
    .default('methods')
    .describe(
      'What is compared: every method that can teach this student, HetComp and what it is without each of its parts, or entries of your own.',
    ),
  methods: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .default({})
    .describe('Options for each method, in all of its entries.'),
  seeds: z
    .array(z.int().min(0))
    .min(1)
    .default([0, 1, 2])
    .describe('Each is a run of everything: teachers and students.'),
  against: text({ default: 'hetcomp', help: 'Entry that the others are tested against.' }),
  tune: options({
    ...tuneOptions.shape,
    trials: int({
      default: 0,
      min: 0,
      max: 100_000,
      help: 'Trials for each method on valid, in the first seed. 0 = none.',
    }),
  })
    .prefault({})
    .describe(
      'Search of the options that each method declares (lambda) and of the learningRate and l2 of the student, with the same budget for each method.',
    ),
});

export type StudyOptions = OptionsOf<typeof studyOptions>;

/** A way of teaching the student. */
export interface StudyEntry {
  readonly name: string;
  readonly method: string;
  readonly teachers?: readonly string[];
  /** Only the best on valid of `teachers`, in the first seed; until that is known the first stands for it. */
  readonly best?: boolean;
  /** `homogeneous`: by as many teachers of one model, which differ in their seeds. */
  readonly ensemble: 'given' | 'homogeneous';
  readonly options: Readonly<Record<string, unknown>>;
}
