/** Options of a study: one student, distilled in several ways from the same teachers, with several seeds. */
import { z } from 'zod';
import {
  type EnsembleKind,
  type EnsembleName,
  ensembleRegistry,
  type MethodName,
  type MethodSpec,
  methodRegistry,
} from '../../../distill/index.js';
import { type ModelName, type ModelSpec, modelRegistry } from '../../../models/index.js';
import { int, type OptionsOf, options, text, unitName, unitOption } from '../../../options/index.js';
import { tuneOptions } from '../../search/index.js';
import { pipelineOptions } from '../plan.js';

const { students: _, name: __, ...shared } = pipelineOptions.shape;

/** Further keys are options of the method and of the student. */
const entry = z.looseObject({
  name: z
    .string()
    .regex(/^[\w][\w.-]*$/, 'letters, digits, "_", "-" and ".", not "." or "-" first')
    .optional()
    .describe('Name of its runs and its row; default: that of the method.'),
  method: unitName<MethodName, MethodSpec>(methodRegistry).describe(
    'The method: its name, or in the library a method of your own.',
  ),
  teachers: z.array(z.string()).min(1).optional().describe('Names of the teachers to learn from; default: all.'),
  ensemble: unitOption<EnsembleName | 'given' | 'homogeneous', EnsembleKind>(ensembleRegistry, {
    default: 'given',
    words: ['given', 'homogeneous'],
    help: 'given: the teachers of the study. homogeneous: as many teachers of one model, with different seeds. equal, valid, greedy: the teachers of the study with these weights.',
  }),
});

export const studyOptions = options({
  ...shared,
  name: text({
    default: 'study',
    help: 'Folder of the runs, below the runs folder. Studies of the same name share equal runs.',
  }),
  student: z
    .looseObject({ model: unitName<ModelName, ModelSpec>(modelRegistry) })
    .prefault({ model: 'bpr-mf', dim: 6 })
    .describe('The student of every entry; further keys are its options.'),
  entries: z
    .union([z.enum(['methods', 'ablation']), z.array(entry).min(1)])
    .default('methods')
    .describe(
      'What is compared. methods: every method that can teach this student. ablation: HetComp, and HetComp with one change each. Or a list of entries.',
    ),
  methods: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .default({})
    .describe('Options of each method, in all of its entries.'),
  seeds: z
    .array(z.int().min(0))
    .min(1)
    .default([0, 1, 2])
    .describe('Seeds. Teachers and students are trained once with each.'),
  against: text({ default: 'hetcomp', help: 'Entry that the others are compared with by the significance tests.' }),
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
      'Search of the search space of each method (such as lambda) and of learningRate and l2 of the student, with the same number of trials for each method.',
    ),
});

export type StudyOptions = OptionsOf<typeof studyOptions>;

/** One way to distil the student. */
export interface StudyEntry {
  readonly name: string;
  readonly method: string;
  readonly teachers?: readonly string[];
  /** Whether only the best of `teachers` is used: on valid, with the first seed. Until it is known, the first one is used. */
  readonly best?: boolean;
  /** `homogeneous`: from as many teachers of one model, with different seeds. */
  readonly ensemble: 'given' | 'homogeneous';
  /** How the teachers are weighed. Absent: as the ensemble of the study. */
  readonly weights?: string;
  readonly options: Readonly<Record<string, unknown>>;
}
