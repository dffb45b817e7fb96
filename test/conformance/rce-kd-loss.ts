/** Subject `rce-kd-loss`: the losses of RCE-KD and of cross-entropy on a list, and the weights of its samples. */
import {
  createTeacherLogits,
  itemsBehind,
  rceLoss,
  sampleLogWeights,
  secondItems,
  secondWeight,
} from 'recdistill/distill';
import { createReferenceKernels } from 'recdistill/kernels';
import { listCrossEntropy, softmaxOf } from 'recdistill/losses';
import type { Checker, Inputs, Result } from './_checker.js';
import { lossOfLists } from './_lists.js';
import { onBoth } from './_machines.js';
import { readLists, readMatrix, readNumber, readNumbers, readText } from './inputs.js';

export const rceKdLoss: Checker = {
  // Sums of float32 scores up to 10 and their exponentials, over lists of 20.
  float32: { abs: 5e-6, rel: 5e-6, keys: ['loss', 'grad_student_scores'] },
  check: (inputs) => {
    const kind = readText(inputs, 'kind');
    if (kind === 'sample-weights') return { float64: weights(inputs) };
    if (kind === 'loss') return losses(inputs);
    if (kind === 'vanilla-ce') return crossEntropy(inputs);
    throw new Error(`there is no kind ${kind}`);
  },
};

const ruleOf = (inputs: Inputs): 'paper' | 'code' => (readText(inputs, 'rule') === 'code' ? 'code' : 'paper');
const idsIn = (inputs: Inputs, key: string): Int32Array[] =>
  readLists(inputs, key).map((list) => Int32Array.from(list));

function losses(inputs: Inputs) {
  const scores = readMatrix(inputs, 'student_scores');
  const teacher = readLists(inputs, 'teacher_scores');
  const [tops, firsts, samples] = ['teacher_top', 'student_top', 'sampled'].map((key) => idsIn(inputs, key));
  const [temperature, beta] = [readNumber(inputs, 'tau'), readNumber(inputs, 'beta')];
  const marks = new Uint8Array(scores.columns);
  const rows = tops!.map((teacherTop, r) => {
    const [studentTop, sampled] = [firsts![r]!, samples![r]!];
    const gamma = secondWeight(teacherTop, ruleOf(inputs) === 'code' ? sampled : studentTop, beta, marks);
    const out = new Int32Array(sampled.length + teacherTop.length);
    const second = out.subarray(0, secondItems({ teacherTop, studentTop, sampled }, out, marks));
    const target = Float64Array.from([...studentTop, ...second], (item) => teacher[r]![item]!);
    const first = studentTop.length;
    for (const part of [target.subarray(0, first), target.subarray(first)]) softmaxOf(part, temperature, part);
    return { items: [...studentTop, ...second], first, gamma, target, temperature, count: second.length };
  });
  const lists = rows.map((row) => row.items);
  return onBoth((k) => {
    // With gamma 0 and 1 only one of the two losses is left.
    const [one, two] = [0, 1].map((gamma) =>
      rows.map((row, r) => {
        const own = Float64Array.from(row.items, (item) => scores.values[r * scores.columns + item]!);
        return rceLoss(own, { ...row, gamma }, own);
      }),
    );
    const { loss, gradient } = lossOfLists(k, scores, lists, (r, own, out) => rceLoss(own, rows[r]!, out));
    return {
      overlap: rows.map((row) => -Math.log(row.gamma) / beta),
      gamma: rows.map((row) => row.gamma),
      ...{ loss_1: one!, loss_2: two!, items_in_loss_2: rows.map((row) => row.count) },
      ...{ loss, grad_student_scores: gradient },
    };
  });
}

function weights(inputs: Inputs): Result {
  const [studentRanking, teacherTop] = ['student_ranking', 'teacher_top'].map((key) =>
    Int32Array.from(readNumbers(inputs, key)),
  );
  const places = new Int32Array(1 + Math.max(...studentRanking!, ...teacherTop!)).fill(-1);
  const rule = ruleOf(inputs);
  const request = { teacherTop: teacherTop!, studentRanking: studentRanking!, topK: readNumber(inputs, 'K'), rule };
  const counts = itemsBehind(request, places);
  const probability = sampleLogWeights(counts, rule, readNumber(inputs, 'T'));
  softmaxOf(probability, 1, probability);
  return { counts, probability };
}

function crossEntropy(inputs: Inputs) {
  const scores = readMatrix(inputs, 'student_scores');
  const lists = readLists(inputs, 'teacher_top');
  const temperature = readNumber(inputs, 'tau');
  const depth = Math.max(...lists.map((list) => list.length));
  const [nUsers, nItems] = [lists.length, scores.columns];
  const items = Int32Array.from(lists.flatMap((list) => [...list, ...Array<number>(depth - list.length).fill(-1)]));
  const blind = inputs.blind_T === null ? undefined : readNumber(inputs, 'blind_T');
  const none = { nUsers, nItems, indptr: new Int32Array(nUsers + 1), indices: new Int32Array(0) };
  const logits = createTeacherLogits(
    createReferenceKernels('f64'),
    depth,
    { nUsers, nItems, depth, items },
    undefined,
    none,
    blind ?? 1,
  );
  const targets = lists.map((list, r) => {
    const target = new Float64Array(list.length);
    if (blind === undefined) target.set(list.map((item) => readLists(inputs, 'teacher_scores')[r]![item]!));
    else logits.write(r, Int32Array.from(list), target);
    softmaxOf(target, temperature, target);
    return target;
  });
  return onBoth((k) => {
    const { loss, gradient } = lossOfLists(k, scores, lists, (r, own, out) =>
      listCrossEntropy(own, targets[r]!, temperature, 1, out),
    );
    return { loss, grad_student_scores: gradient };
  });
}
