/**
 * RCE-KD (ICLR 2026): cross-entropy on the student's own top items, and on the teacher's top items together with items sampled from what the
 * student ranks above them. docs/methods/rce-kd.md has the equations and our choices.
 */
import { type Rankings, rankingOf } from '../../data/rankings.js';
import { fail } from '../../errors.js';
import { softmaxOf } from '../../losses/index.js';
import { stream } from '../../math/random.js';
import { rankAll, rankTables } from '../../models/index.js';
import { choice, float, int, type OptionsOf, options } from '../../options/options.js';
import { type DistillContext, distillationMethod } from '../_method.js';
import { lossRowsShape } from '../batch-users.js';
import { drawSet } from '../draw.js';
import { oneRanking } from '../one-ranking.js';
import { createTeacherLogits, logitsShape, tablesToScore } from '../teacher-logits.js';
import { createListLoss } from '../user-lists.js';
import { lossWeight, searchAround } from '../weight.js';
import { itemsBehind, sampleLogWeights, secondItems, secondWeight } from './items.js';
import { rceLoss } from './loss.js';

const rceOptions = options({
  lambda: lossWeight(3),
  ...lossRowsShape,
  topK: int({ default: 50, min: 1, max: 1000, help: 'Length of the top lists of teacher and student.' }),
  candidates: int({
    default: 200,
    min: 1,
    max: 4096,
    help: "Length of the student's ranking from which items are sampled.",
  }),
  samples: int({
    default: 50,
    min: 1,
    max: 4096,
    help: 'Items per user that are sampled from it, again in each epoch.',
  }),
  temperature: float({
    default: 1,
    above: 0,
    max: 1e6,
    help: 'Divides the logits of teacher and student in all softmaxes.',
  }),
  beta: float({
    default: 3,
    min: 0,
    max: 1e6,
    help: "How fast the weight moves from the teacher's to the student's top items as both overlap. 0: it stays at the teacher's.",
  }),
  sampleTemperature: float({
    default: 10,
    above: 0,
    max: 1e6,
    help: "An item is sampled in proportion to exp(teacher's items there or further down / sampleTemperature).",
  }),
  rule: choice(['paper', 'code'], {
    default: 'paper',
    help: 'Overlap and sampling weights. paper: as the paper defines them. code: as its published code has them.',
  }),
  lists: choice(['candidates', 'all'], {
    default: 'candidates',
    help: "Items in the top lists. candidates: unobserved items. all: the user's own, too, as in published code; needs a single teacher with embeddings.",
  }),
  period: int({ default: 1, min: 1, max: 10_000, help: "Epochs between two updates of the student's ranking." }),
  ...logitsShape,
});

export const rceKd = distillationMethod({
  name: 'rce-kd',
  summary: "Cross-entropy on the student's top items and on the teacher's, with what the student ranks above them",
  source: 'RCE-KD, arXiv 2509.20989, ICLR 2026',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(3) },
  options: rceOptions,
  small: { topK: 6, candidates: 14, samples: 5, period: 1 },
  async create(context, o) {
    const { train, seed } = context;
    const depth = Math.min(train.nItems, Math.max(o.candidates, o.topK));
    const { logits, rankStudent } = await listsOf(context, o);
    const ranking = await rankStudent(depth);
    const key = stream(seed, 'rce-kd samples');
    const [places, marks] = [new Int32Array(train.nItems).fill(-1), new Uint8Array(train.nItems)];
    const width = widthOf(o);
    // Teacher probabilities, weight and length of the first list of each user, from `fill` until the next epoch.
    const targets = new Float32Array(train.nUsers * width);
    const [gammas, firsts] = [new Float64Array(train.nUsers), new Int32Array(train.nUsers)];
    const target = new Float64Array(width);
    const listLoss = createListLoss(context, o, {
      width,
      fill(user, epoch, items) {
        const teacherTop = logits.top(user, o.topK);
        if (teacherTop.length === 0) return 0;
        const own = rankingOf(ranking, user);
        const studentTop = own.subarray(0, o.topK);
        const studentRanking = own.subarray(0, o.candidates);
        const { topK, rule } = o;
        const counts = itemsBehind({ teacherTop, studentRanking, topK, rule }, places);
        const weights = sampleLogWeights(counts, o.rule, o.sampleTemperature);
        const sampled = drawSet(weights, o.samples, key, epoch, user).map((at) => studentRanking[at]!);
        const overlap = o.rule === 'paper' ? studentTop : sampled;
        gammas[user] = secondWeight(teacherTop, overlap, o.beta, marks);
        const first = studentTop.length;
        firsts[user] = first;
        items.set(studentTop);
        const length = first + secondItems({ teacherTop, studentTop, sampled }, items.subarray(first), marks);
        logits.write(user, items.subarray(0, length), target);
        softmaxOf(target, o.temperature, target, first);
        const second = target.subarray(first, length);
        softmaxOf(second, o.temperature, second);
        targets.set(target.subarray(0, length), user * width);
        return length;
      },
      loss: (user, _epoch, scores, gradient) =>
        rceLoss(
          scores,
          {
            ...{ first: firsts[user]!, gamma: gammas[user]!, temperature: o.temperature },
            target: targets.subarray(user * width, user * width + scores.length),
          },
          gradient,
        ),
    });
    return {
      base: 'kept',
      accumulate: listLoss.accumulate,
      close() {
        listLoss.close();
        logits.close();
      },
      tables: [{ name: 'ranking', values: ranking.items }],
      async afterEpoch(epoch) {
        if (epoch % o.period === 0) ranking.items.set((await rankStudent(depth)).items);
        return { restartPatience: false };
      },
    };
  },
});

/** Maximum number of items in both losses. */
const widthOf = (o: { readonly topK: number; readonly samples: number }): number => 2 * o.topK + o.samples;

/** The teacher's lists and logits, and the student's rankings, over the items that the option `lists` says. */
async function listsOf(context: DistillContext, o: OptionsOf<typeof rceOptions>) {
  const { kernels: k, student, train, teachers } = context;
  const tables = tablesToScore(teachers, o.targets);
  const width = widthOf(o);
  if (o.lists === 'candidates') {
    const logits = createTeacherLogits(k, width, oneRanking(teachers, train), tables, train, o.rankTemperature);
    return { logits, rankStudent: context.rankStudent };
  }
  if (!tables)
    fail('needs-not-met', {
      problem:
        'rce-kd with lists all ranks the items of each user by the scores of one teacher, which are not known here',
      hint: 'Choose lists candidates; or one teacher with embeddings and targets scores.',
    });
  const { nUsers, nItems } = train;
  const none = { nUsers, nItems, indptr: new Int32Array(nUsers + 1), indices: new Int32Array(0) };
  const users = train.trainUsers ? { users: train.trainUsers } : {};
  const rankings = await rankTables(k, tables, none, Math.min(o.topK, nItems), users);
  return {
    logits: createTeacherLogits(k, width, rankings, tables, none, o.rankTemperature),
    rankStudent: (depth: number): Promise<Rankings> => rankAll(k, student, none, depth, users),
  };
}
