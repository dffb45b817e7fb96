/** Tables of an ensemble: what each member added on valid, the weights, and the ensemble on test. */
import type { EnsembleChoice } from '../../distill/index.js';
import type { SampleSize } from '../../eval/index.js';
import { formatMetric, formatShare, listed, sampleNotes } from '../format.js';
import { type Printable, type ResultTable, resultTable, together } from '../table/index.js';
import { column, metricCells, metricColumns, shortName } from './_columns.js';

/** What the table of additions shows. */
export const additionsText = ({ temperature, cutoff }: EnsembleChoice): string =>
  `On valid, in the order of the selection; without one, in the order of their own values. Lists are fused by exp(-rank / ${temperature}), up to rank ${cutoff}.`;

/** What the table of members shows. */
export const WEIGHTS_TEXT =
  'Left out, on valid: change of the ensemble without this member, other weights as they are.';

/** The additions in order, with the value of the ensemble after each. */
export function additionsTable({ metric, members, additions }: EnsembleChoice): ResultTable {
  return resultTable({
    columns: [
      column('step', 'step', 'count'),
      column('member', 'added', 'text'),
      column('value', `valid ${shortName(metric)}`, 'metric', 'Value of the ensemble with this member.'),
      column('change', 'change', 'difference', 'Difference to the line above.'),
    ],
    rows: additions.map(({ member, value }, at) => ({
      cells: {
        ...{ step: at + 1, member: members[member]!.name, value },
        change: at === 0 ? undefined : value - additions[at - 1]!.value,
      },
    })),
  });
}

/** The weight of each member, and what the ensemble would be without it. */
export function membersTable(choice: EnsembleChoice): ResultTable {
  const { metric, members, value } = choice;
  const left = members.filter((m) => m.weight === 0).map((m) => m.name);
  return resultTable({
    columns: [
      column('member', 'member', 'text'),
      column('alone', `alone ${shortName(metric)}`, 'metric', 'Value of this member alone, on valid.'),
      column('weight', 'weight', 'share', 'Share of the weights of all members.'),
      column(
        'without',
        'left out',
        'difference',
        'Change of the ensemble without this member, other weights as they are.',
      ),
      column('parameters', 'parameters', 'count', 'Number of values that scoring needs.'),
    ],
    rows: members.map((m) => ({
      cells: {
        ...{ member: m.name, alone: m.value, weight: m.weight, parameters: m.parameters },
        without: m.without === undefined ? undefined : m.without - value,
      },
    })),
    notes: left.length > 0 ? [`Not chosen: ${listed(left)}.`] : [],
  });
}

export interface TestedEnsemble {
  readonly name: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** @param tested members, equal weights and the chosen ones, on test; the choice did not see it */
export function ensembleTables(
  choice: EnsembleChoice,
  equal: number,
  tested: readonly TestedEnsemble[],
  keys: readonly string[],
  sample?: SampleSize,
): Printable {
  const { kind, metric, value } = choice;
  const test = resultTable({
    title: 'On test, which the choice did not see',
    columns: [column('name', 'ensemble', 'text'), ...metricColumns(keys)],
    rows: tested.map((t) => ({ cells: { name: t.name, ...metricCells(keys, t.metrics) } })),
    notes: sampleNotes([sample]),
  });
  const both = resultTable({
    title: 'On valid',
    columns: [column('name', 'weights', 'text'), column('value', metric, 'metric')],
    rows: [...(kind === 'equal' ? [] : [{ cells: { name: 'equal', value: equal } }]), { cells: { name: kind, value } }],
  });
  return together([
    resultTable({ ...additionsTable(choice), title: 'Additions', about: [additionsText(choice)] }),
    resultTable({ ...membersTable(choice), title: `Weights (${kind})`, about: [WEIGHTS_TEXT] }),
    both,
    test,
  ]);
}

/** The weights in one sentence, for notes below tables. */
export function weightsNote(name: string, choice: EnsembleChoice): string {
  const { kind, metric, members, additions } = choice;
  const used = members.filter((m) => m.weight > 0).map((m) => `${m.name} ${formatShare(m.weight)}`);
  const left = members.filter((m) => m.weight === 0).map((m) => m.name);
  const steps = additions.map((a) => `${members[a.member]!.name} ${formatMetric(a.value)}`);
  return (
    `Weights of ${name} (${kind}, on valid): ${listed(used)}.${left.length > 0 ? ` Not chosen: ${listed(left)}.` : ''} ` +
    `Valid ${shortName(metric)} after each addition: ${steps.join(', ')}.`
  );
}

/** The mean weights over seeds in one sentence. A member that no seed chose is named. */
export function seedWeightsNote(name: string, choices: readonly EnsembleChoice[]): string {
  const { kind, members } = choices[0]!;
  const shares = members.map(({ name: member }, at) => ({
    member,
    share: choices.reduce((sum, c) => sum + c.members[at]!.weight, 0) / choices.length,
  }));
  const used = shares.filter((s) => s.share > 0).map((s) => `${s.member} ${formatShare(s.share)}`);
  const left = shares.filter((s) => s.share === 0).map((s) => s.member);
  const over = choices.length > 1 ? ', mean over seeds' : '';
  return `Weights of ${name} (${kind}, on valid${over}): ${listed(used)}.${left.length > 0 ? ` Not chosen: ${listed(left)}.` : ''}`;
}
