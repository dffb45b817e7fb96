/** The report of `auto`: the table, the frontier, the members of the ensemble and the work. */
import type { AutoResult } from '../experiment/index.js';
import type { Page } from './page.js';
import { autoTable, budgetTable, finalFitText, foundLines, frontierTable } from './results/auto.js';
import { additionsTable, additionsText, membersTable, WEIGHTS_TEXT } from './results/ensemble.js';

/** @param notes on how the data was loaded */
export function autoReport(result: AutoResult, notes: readonly string[]): Page {
  const { options, dataset, candidates, ensemble, evaluation } = result;
  const { choice } = ensemble;
  return {
    title: `${options.name} on ${dataset.name}`,
    about: [...foundLines(result), ...notes],
    sections: [
      {
        title: 'The chosen model',
        ...(result.final
          ? {
              text: [
                finalFitText(result.final, result.choice),
                ...(result.final.bundle ? [`Bundle: ${result.final.bundle}`] : []),
              ],
            }
          : {}),
        table: autoTable(result),
      },
      {
        title: 'Accuracy against size',
        text: ['All models that can be shipped, on valid.'],
        plot: {
          ...{ kind: 'named', x: 'bytes of the bundle', y: `valid ${evaluation.selectBy}` },
          points: candidates.map((c) => ({ x: c.bytes, y: c.value, name: c.name, group: c.kind })),
        },
      },
      { title: 'Frontier', table: frontierTable(result) },
      ...(choice
        ? [
            { title: 'Members of the ensemble', text: [additionsText(choice)], table: additionsTable(choice) },
            { title: 'Weights of the ensemble', text: [WEIGHTS_TEXT], table: membersTable(choice) },
          ]
        : []),
      { title: 'Work', table: budgetTable(result) },
    ],
  };
}
