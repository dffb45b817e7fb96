/** A graph of jobs. Names are unique, every teacher exists, and there is no circle. */
import { fail } from '../../errors.js';
import type { JobSpec, Setting } from './job.js';

export interface Graph {
  /** Folder of its jobs, relative to the runs folder; '' for the runs folder itself. */
  readonly name: string;
  readonly setting: Setting;
  /** Sorted so that each job comes after those that it learns from; otherwise in the given order. */
  readonly jobs: readonly JobSpec[];
  /** Names of finished results outside the graph that jobs learn from. */
  readonly given: readonly string[];
}

/**
 * @throws RecdistillError `bad-option` for a name outside the runs folder, `bad-plan` for two jobs with the same name and for a circle,
 *   `unknown-name` for a teacher that does not exist
 */
export function createGraph(
  name: string,
  setting: Setting,
  jobs: readonly JobSpec[],
  given: readonly string[] = [],
): Graph {
  if (name !== '' && !isBelow(name)) {
    const expected = 'the name of a folder below the runs folder, such as mine or mine/first';
    fail('bad-option', { option: 'name', owner: 'plan', given: JSON.stringify(name), expected });
  }
  const twice = jobs.find((job, at) => jobs.findIndex((other) => other.name === job.name) < at);
  if (twice) {
    fail('bad-plan', {
      problem: `two jobs are called "${twice.name}"`,
      hint: 'Give one of them another name with "name:".',
      given: twice.name,
      path: twice.at,
    });
  }
  return { name, setting, jobs: ordered(jobs, given), given };
}

/** Whether a name stays within the folder that it is joined to. */
const isBelow = (name: string): boolean =>
  !/[\\\0]/.test(name) && name.split('/').every((part) => part.trim() !== '' && part !== '.' && part !== '..');

/** The jobs that `job` learns from. @throws RecdistillError `unknown-name` */
export const needsOf = (job: JobSpec, jobs: readonly JobSpec[], given: readonly string[] = []): JobSpec[] => [
  ...new Set(
    job.teachers.filter((name) => !given.includes(name)).map((name) => ownerOf(name, jobs) ?? unknown(job, name, jobs)),
  ),
];

/** The job with this result: `theirs/first` is a result of the job `theirs`. */
export function ownerOf(name: string, jobs: readonly JobSpec[]): JobSpec | undefined {
  const owners = jobs.filter((job) => isResultOf(name, job.name));
  return owners.sort((a, b) => b.name.length - a.name.length)[0];
}

/** Whether `name` is the name of a job or of one of its results. */
export const isResultOf = (name: string, job: string): boolean => name === job || name.startsWith(`${job}/`);

function unknown(job: JobSpec, given: string, jobs: readonly JobSpec[]): never {
  const known = jobs.filter((other) => other !== job).map((other) => other.name);
  return fail('unknown-name', {
    kind: `job for ${job.name} to learn from`,
    given,
    known: known.join(', '),
    path: job.at,
  });
}

function ordered(jobs: readonly JobSpec[], given: readonly string[]): JobSpec[] {
  const needs = new Map(jobs.map((job) => [job, needsOf(job, jobs, given)]));
  const done = new Set<JobSpec>();
  while (done.size < jobs.length) {
    const next = jobs.find((job) => !done.has(job) && needs.get(job)!.every((need) => done.has(need)));
    if (!next) return refuseCircle(jobs, needs, done);
    done.add(next);
  }
  return [...done];
}

/** Finds a circle among jobs that all wait for each other, by going from each job to one that it needs. */
function refuseCircle(
  jobs: readonly JobSpec[],
  needs: ReadonlyMap<JobSpec, readonly JobSpec[]>,
  done: ReadonlySet<JobSpec>,
): never {
  const path: JobSpec[] = [];
  let job = jobs.find((j) => !done.has(j))!;
  while (!path.includes(job)) {
    path.push(job);
    job = needs.get(job)!.find((need) => !done.has(need))!;
  }
  const circle = [...path.slice(path.indexOf(job)), job].map((j) => j.name);
  return fail('bad-plan', {
    problem: `jobs learn from each other in a circle: ${circle.join(' -> ')}`,
    hint: 'Remove one of these names from the "teachers:" of the job before it.',
    given: job.name,
    path: job.at && [...job.at, 'teachers'],
  });
}
