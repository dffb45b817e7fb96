import { packageVersion } from '../../formats/package-version.js';
import { checksTable } from '../../report/index.js';
import type { CommandBody } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { machineGroup, machineOf, runsGroup } from '../terminal/groups.js';
import {
  arithmeticCheck,
  blasCheck,
  type Check,
  dataCheck,
  diskCheck,
  duckdbCheck,
  memoryCheck,
  nodeCheck,
  programCheck,
  simdCheck,
  systemChecks,
  threadsCheck,
} from './doctor-checks.js';

export const doctor: CommandBody = {
  about: 'The exit code is 1 if a check fails.',
  args: [],
  groups: [runsGroup, machineGroup],
  examples: [
    ['doctor', 'run all checks'],
    ['doctor --threads 4', 'compare the results of 1 to 4 threads'],
  ],
  async run(given) {
    const { runs } = readOptions(runsGroup, given);
    const { threads, arithmetic } = machineOf(given);
    const checks: Check[] = [
      { name: 'recdistill', value: packageVersion, ok: true },
      nodeCheck(),
      ...systemChecks(),
      memoryCheck(threads),
      programCheck(threads),
      simdCheck(),
      arithmeticCheck(arithmetic),
      blasCheck(),
      threadsCheck(threads, arithmetic),
      await duckdbCheck(),
      dataCheck(),
      diskCheck(runs),
    ];
    const bad = checks.filter((c) => !c.ok);
    const verdict = bad.length === 0 ? ['All checks passed.'] : bad.map((c) => `${c.name}: ${c.advice}`);
    return {
      text: [checksTable(checks).toText(), '', ...verdict].join('\n'),
      json: { ok: bad.length === 0, checks },
      failed: bad.length > 0,
    };
  },
};
