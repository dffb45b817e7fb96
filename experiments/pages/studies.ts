/** A page for each plan of a study, NAME.yaml. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkStudy, runStudy } from 'recdistill/experiment';
import { type StudyJson, studyJson, studyTablesOf } from 'recdistill/report';
import { parse } from 'yaml';
import { definePage, type Page } from '../_page.js';
import { experiments } from '../files.js';
import { followPlan } from '../progress.js';

export const planNames = readdirSync(experiments)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

const textOf = (name: string): string => readFileSync(join(experiments, `${name}.yaml`), 'utf8');

/** The plan as it is written. */
export const planOf = (name: string): unknown => parse(textOf(name));

/** Checked without its preset: whether the preset is of the data is known when the data is there. */
export function checkPlan(name: string) {
  const { preset, ...plan } = parse(textOf(name));
  return { ...checkStudy(plan), preset };
}

const studyPage = (name: string): Page =>
  definePage<StudyJson, StudyJson>({
    name,
    title: /^# (.+?):? npm run/.exec(textOf(name))?.[1] ?? name,
    needs: String(parse(textOf(name)).data.data),
    folder: 'runs',
    parts: ['study'],
    run: async (_, context) => {
      const { kernels, runs } = context;
      return studyJson(await runStudy(planOf(name), { kernels, runs, listen: followPlan(context) }));
    },
    gather: ([study]) => study!,
    render: (study) => ({
      title: `${name} on ${study.data}`,
      about: `The plan is \`experiments/${name}.yaml\`.`,
      sections: [studyTablesOf(study).toMarkdown()],
    }),
    seconds: ({ rows, tuned, seeds }) =>
      sum(rows.map(({ role, seconds = 0 }) => (role === 'ensemble' ? 0 : seconds * seeds.length))) +
      sum(Object.values(tuned).map((t) => t.seconds)),
  });

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export const studies: readonly Page[] = planNames.map(studyPage);
