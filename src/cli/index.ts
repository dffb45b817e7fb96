/** The registry of commands, in the order of the help: one line adds one. A command is loaded when it is used, so that help starts at once. */
import type { Command, CommandBody } from './terminal/_command.js';

export interface CommandEntry {
  /** One or two words, such as `train` or `data list`. */
  readonly name: string;
  /** The arguments as in the usage line: `MODEL...`. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  load(): Promise<Command>;
}

const entry = (name: string, usage: string, summary: string, load: () => Promise<CommandBody>): CommandEntry => ({
  ...{ name, usage, summary },
  load: async () => ({ ...(await load()), name, summary }),
});

export const commands: readonly CommandEntry[] = [
  entry(
    'demo',
    '',
    'Run an example: teachers, their ensemble, and a small student distilled from them',
    async () => (await import('./commands/demo.js')).demo,
  ),
  entry(
    'auto',
    '[SOURCE...]',
    'Find the smallest model that is nearly as good as an ensemble of all',
    async () => (await import('./commands/auto.js')).auto,
  ),
  entry(
    'train',
    'MODEL...',
    'Train one model or several, and evaluate them on the test part',
    async () => (await import('./commands/train.js')).train,
  ),
  entry(
    'tune',
    'MODEL...',
    'Search options of one model or several, by a metric on the valid part',
    async () => (await import('./commands/tune.js')).tune,
  ),
  entry(
    'distill',
    '',
    'Distil finished teachers into a small student',
    async () => (await import('./commands/distill.js')).distill,
  ),
  entry(
    'ensemble',
    'RUN...',
    'Choose the weights of an ensemble of finished runs on valid, without training a student',
    async () => (await import('./commands/ensemble.js')).ensembleCommand,
  ),
  entry(
    'import',
    'FILE',
    'Import rankings of another program as teachers',
    async () => (await import('./commands/import.js')).importCommand,
  ),
  entry(
    'rankings',
    'RUN...',
    'Write the rankings of finished runs to a file for other programs',
    async () => (await import('./commands/rankings.js')).rankings,
  ),
  entry(
    'evaluate',
    'RUN...',
    'Evaluate finished runs on the test part',
    async () => (await import('./commands/evaluate.js')).evaluate,
  ),
  entry(
    'compare',
    'RUN...',
    'Compare finished runs with one of them, with significance tests',
    async () => (await import('./commands/compare.js')).compareCommand,
  ),
  entry(
    'recommend',
    'RUN',
    'Recommend items to a user from a student bundle',
    async () => (await import('./commands/recommend.js')).recommend,
  ),
  entry(
    'label',
    'RUN...',
    'Add item names to finished runs, without training',
    async () => (await import('./commands/label.js')).label,
  ),
  entry(
    'serve',
    'RUN',
    'Serve a student bundle over HTTP',
    async () => (await import('./commands/serve.js')).serveCommand,
  ),
  entry(
    'export',
    'RUN',
    'Export a student for other programs, or import it back as a bundle',
    async () => (await import('./commands/export.js')).exportCommand,
  ),
  entry(
    'run',
    'FILE',
    'Run a pipeline from a YAML file: baselines, teachers, ensemble, students',
    async () => (await import('./commands/run.js')).run,
  ),
  entry(
    'study',
    'FILE',
    'Compare distillation methods, or parts of HetComp, over several seeds',
    async () => (await import('./commands/study.js')).study,
  ),
  entry(
    'worker',
    '',
    'Do the jobs of plans that other machines run with --queue',
    async () => (await import('./commands/worker.js')).worker,
  ),
  entry(
    'queue status',
    '',
    'Show the workers, plans and jobs of a queue',
    async () => (await import('./commands/queue-status.js')).queueStatusCommand,
  ),
  entry(
    'queue cancel',
    '[PLAN]',
    'Cancel a plan, a job, or everything in a queue',
    async () => (await import('./commands/queue-cancel.js')).queueCancel,
  ),
  entry(
    'report',
    'RUN...',
    'Write a report of finished runs: tables, significance tests and training curves',
    async () => (await import('./commands/report.js')).report,
  ),
  entry(
    'verify',
    'PATH...',
    'Check runs, bundles, splits and exported folders against their checksums',
    async () => (await import('./commands/verify.js')).verifyCommand,
  ),
  entry(
    'data list',
    '',
    'List the named data sets and their locations',
    async () => (await import('./commands/data-list.js')).dataList,
  ),
  entry(
    'data get',
    'NAME',
    'Download a named data set into the cache and verify it',
    async () => (await import('./commands/data-get.js')).dataGet,
  ),
  entry(
    'data inspect',
    '[SOURCE...]',
    'Show statistics of a data set, and leakage in its split',
    async () => (await import('./commands/data-inspect.js')).dataInspect,
  ),
  entry(
    'data split',
    '[SOURCE...]',
    'Write train, valid and test to a folder that loads as the same data set',
    async () => (await import('./commands/data-split.js')).dataSplit,
  ),
  entry(
    'data store',
    '[SOURCE...]',
    'Store a data set beside the runs, so that a process need not hold all of it',
    async () => (await import('./commands/data-store.js')).dataStore,
  ),
  entry(
    'doctor',
    '',
    'Check that recdistill works on this machine',
    async () => (await import('./commands/doctor.js')).doctor,
  ),
];
