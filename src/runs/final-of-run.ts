/** The final fit of a run in its folder, after those of its teachers. It is a run in the folder `final` of the evaluated run. */
import { join } from 'node:path';
import type { Dataset } from '../data/index.js';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import { createEvaluator, evaluationOptions } from '../eval/evaluation.js';
import type { Kernels } from '../kernels/index.js';
import { ownOptions, parseOptions } from '../options/options.js';
import { createProgress, runInParts } from '../progress.js';
import type { Listener } from '../train/index.js';
import { finalFit } from './final.js';
import { readingBack, readingFinishedRun, readingTeacher } from './finished.js';
import { resolveRun } from './link.js';
import { type Job, type JobResult, repeatedRun, type Teacher } from './outcome.js';
import type { Overwrite } from './run-folder.js';
import { FINAL, type RunManifest } from './run-manifest.js';
import type { StartBundle } from './seen-parts.js';

export interface FinalContext {
  /** The data of the evaluated run. */
  readonly dataset: Dataset;
  readonly kernels: Kernels;
  /** The folder of a finished run by its hash: where the teachers are. */
  readonly folderOf: (hash: string) => string | undefined;
  /** The bundle that the evaluated run continued from, if it did. */
  readonly start?: StartBundle | undefined;
  readonly overwrite?: Overwrite | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Events of the final fit of the run in a folder. */
  readonly listen?: ((folder: string) => Listener) | undefined;
}

/** A finished final fit. */
export interface FinalRun {
  /** Its folder: `final` in that of the evaluated run. */
  readonly folder: string;
  readonly job: Job;
}

/**
 * Makes the final fit of a finished run, or reads it back; those of its teachers first.
 * @throws RecdistillError `needs-not-met` for a run that cannot be trained again (imported rankings, co-trained), a teacher that is not found, or a
 *   final fit; `artifact-differs` for other data; otherwise as `finalFit`
 */
export async function finalOfRun(named: string, context: FinalContext): Promise<FinalRun> {
  const { dataset, kernels, folderOf, start, overwrite, signal, listen } = context;
  const evaluatedFolder = resolveRun(named);
  const step = createProgress({ ...defined({ signal }) }).task('reading the finished run');
  const { manifest, result, source } = await runInParts(readingFinishedRun(evaluatedFolder), step);
  refuseOthers(evaluatedFolder, manifest);
  if (manifest.dataFingerprint !== dataset.fingerprint)
    fail('artifact-differs', {
      path: evaluatedFolder,
      what: 'data',
      difference: `fingerprint was ${manifest.dataFingerprint.slice(0, 12)}, now it is ${dataset.fingerprint.slice(0, 12)}`,
    });
  const bundle = manifest.inputs['bundle before'];
  if (bundle !== (start && (start.manifest.namedFrom ?? start.manifest.sha256)))
    fail('needs-not-met', {
      problem: `${evaluatedFolder} continued from a student of earlier data, which is not at hand`,
      hint: 'Repeat the command that made it, with --continue and --final.',
    });
  const { start: _, ...ofTeachers } = context;
  const teachers: Teacher[] = [];
  for (const [role, hash] of Object.entries(manifest.inputs)) {
    if (!role.startsWith('teacher ')) continue;
    const folder = folderOf(hash) ?? missing(evaluatedFolder, role, hash);
    teachers.push(await runInParts(readingTeacher((await finalOfRun(folder, ofTeachers)).folder), step));
  }
  const evaluation = parseOptions(evaluationOptions, ownOptions(evaluationOptions, result.options), 'evaluation');
  const evaluator = createEvaluator(dataset, evaluation);
  const outcome = await runInParts(readingBack<JobResult>({ path: evaluatedFolder }, dataset, evaluator), step);
  const folder = join(evaluatedFolder, FINAL);
  const job = await finalFit({
    ...{ dataset, kernels, repeated: repeatedRun(outcome), teachers, folder },
    ...defined({ start, overwrite, source, signal, revisions: manifest.revisions, listen: listen?.(evaluatedFolder) }),
  });
  return { folder, job };
}

/** @throws RecdistillError `needs-not-met` for a run that is not of one model on its own data */
function refuseOthers(folder: string, { kind, options }: RunManifest): void {
  refuseFinal(folder, kind, 'has no final fit');
  if (kind === 'train') return;
  if (kind === 'import')
    fail('needs-not-met', {
      problem: `${folder} holds imported rankings, which cannot be trained again on all interactions`,
      hint: 'Make rankings with all interactions in your program, load the data with --ratios 1,0,0, import them, and distil with a fixed number of epochs.',
    });
  fail('needs-not-met', {
    problem: `${folder} was trained together with another model (${options.method}), which has no final fit`,
    hint: 'Distil with another method, such as softmax or hetcomp, to have a final fit.',
  });
}

/**
 * Refuses a final fit where an evaluated run is needed.
 * @param kind of the run @param what why, such as `cannot be compared`
 * @throws RecdistillError `needs-not-met`
 */
export function refuseFinal(name: string, kind: string, what: string): void {
  if (kind !== FINAL) return;
  fail('needs-not-met', {
    problem: `${name} is a final fit and ${what}: it was trained on all interactions, also on those of valid and test`,
    hint: `Name the evaluated run: ${name.replace(/[/\\]final$/, '')}.`,
  });
}

const missing = (folder: string, role: string, hash: string): never =>
  fail('needs-not-met', {
    problem: `the run of ${role} (${hash.slice(0, 12)}...), from which ${folder} learnt, is not in the runs folder`,
    hint: 'A final fit trains the teachers again. Name their folder with --runs, or train them again with the same options.',
  });
