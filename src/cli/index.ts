/** The registry of commands, in the order of the help: one line adds one. */

import { compareCommand } from './commands/compare.js';
import { dataGet } from './commands/data-get.js';
import { dataInspect } from './commands/data-inspect.js';
import { dataList } from './commands/data-list.js';
import { dataSplit } from './commands/data-split.js';
import { demo } from './commands/demo.js';
import { distill } from './commands/distill.js';
import { doctor } from './commands/doctor.js';
import { evaluate } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { importCommand } from './commands/import.js';
import { label } from './commands/label.js';
import { rankings } from './commands/rankings.js';
import { recommend } from './commands/recommend.js';
import { report } from './commands/report.js';
import { run } from './commands/run.js';
import { serveCommand } from './commands/serve.js';
import { study } from './commands/study.js';
import { train } from './commands/train.js';
import { tune } from './commands/tune.js';
import type { Command } from './terminal/_command.js';

export const commands: readonly Command[] = [
  demo,
  train,
  tune,
  distill,
  importCommand,
  rankings,
  evaluate,
  compareCommand,
  recommend,
  label,
  serveCommand,
  exportCommand,
  run,
  study,
  report,
  dataList,
  dataGet,
  dataInspect,
  dataSplit,
  doctor,
];
