/** The registry of commands, in the order of the help: one line adds one. */
import type { Command } from './_command.js';
import { bdCommand } from './bd.js';
import { bdReport } from './bd-report.js';
import { compareCommand } from './compare.js';
import { dataGet } from './data-get.js';
import { dataInspect } from './data-inspect.js';
import { dataList } from './data-list.js';
import { dataSplit } from './data-split.js';
import { demo } from './demo.js';
import { distill } from './distill.js';
import { doctor } from './doctor.js';
import { evaluate } from './evaluate.js';
import { exportCommand } from './export.js';
import { importCommand } from './import.js';
import { label } from './label.js';
import { rankings } from './rankings.js';
import { recommend } from './recommend.js';
import { report } from './report.js';
import { run } from './run.js';
import { serveCommand } from './serve.js';
import { study } from './study.js';
import { train } from './train.js';
import { tune } from './tune.js';

export const commands: readonly Command[] = [
  demo,
  train,
  tune,
  distill,
  bdCommand,
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
  bdReport,
  dataList,
  dataGet,
  dataInspect,
  dataSplit,
  doctor,
];
