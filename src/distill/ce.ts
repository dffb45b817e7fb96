/**
 * Cross-entropy on the teacher's top items alone: the student's softmax over them should equal the teacher's. The baseline of RCE-KD, and a method
 * for teachers of which only rankings are known. docs/methods/ce.md has the equations.
 */
import { listCrossEntropy, softmaxOf } from '../losses/index.js';
import { float, int, options } from '../options/options.js';
import { distillationMethod } from './_method.js';
import { lossRowsShape } from './batch-users.js';
import { oneRanking } from './one-ranking.js';
import { createTeacherLogits, logitsShape, tablesToScore } from './teacher-logits.js';
import { createListLoss } from './user-lists.js';
import { lossWeight, searchAround } from './weight.js';

export const ce = distillationMethod({
  name: 'ce',
  summary: 'Cross-entropy between the softmax of teacher and student over the top items of the teacher',
  source: 'Baseline of RCE-KD, arXiv 2509.20989, ICLR 2026',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(1) },
  options: options({
    lambda: lossWeight(1),
    ...lossRowsShape,
    topK: int({ default: 50, min: 1, max: 1000, help: "Items of the teacher's list." }),
    temperature: float({
      default: 1,
      above: 0,
      max: 1e6,
      help: 'Divides the logits of teacher and student in both softmaxes.',
    }),
    ...logitsShape,
  }),
  small: { topK: 10 },
  create(context, o) {
    const { kernels, train, teachers } = context;
    const tables = tablesToScore(teachers, o.targets);
    const logits = createTeacherLogits(kernels, o.topK, oneRanking(teachers, train), tables, train, o.rankTemperature);
    const target = new Float64Array(o.topK);
    const listLoss = createListLoss(context, o, {
      width: o.topK,
      fill(user, _epoch, items) {
        const top = logits.top(user, o.topK);
        items.set(top);
        return top.length;
      },
      loss(user, _epoch, scores, gradient, items) {
        logits.write(user, items, target);
        softmaxOf(target, o.temperature, target, items.length);
        return listCrossEntropy(scores, target, o.temperature, 1, gradient);
      },
    });
    return {
      base: 'kept',
      accumulate: listLoss.accumulate,
      close() {
        listLoss.close();
        logits.close();
      },
    };
  },
});
