/** The float32 kernel against the float64 row loss on random cases of the kinds that golden files like least. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stream, uniform, uniformInt } from 'recdistill/math';
import { firstDifference } from './difference.js';
import { hetcompOverallLoss } from './hetcomp-overall-loss.js';
import { hetcompRankLoss } from './hetcomp-rank-loss.js';

type Draw = (below: number) => number;

/** Scores of one case, all with six decimals as in the golden files. */
const kinds: Readonly<Record<string, (x: number) => number>> = {
  ordinary: (x) => 6 * x - 3,
  ties: (x) => Math.floor(4 * x),
  'near the clamp': (x) => 39.9 + 0.2 * x,
  'near the lower clamp': (x) => -39.9 - 0.2 * x,
  'at the clamp': (x) => (x < 0.5 ? 40 : -40),
  'a hair from the clamp': (x) => 40 + Math.round(8 * x - 4) / 1e6,
  'beyond the clamp': (x) => 200 * x - 100,
  'near the floor': (x) => -13 + 4 * x,
  'one score above all': (x) => (x > 0.9 ? 39 : -20 + x),
};

/** Any number of rows from one, of train items from none, and K up to every candidate and beyond, where lists end in -1. */
function inputsOf(score: (x: number) => number, draw: Draw, real: () => number) {
  const rows = 1 + draw(5);
  const nItems = 1 + draw(draw(2) === 0 ? 12 : 120);
  const each = <T>(make: () => T): T[] => Array.from({ length: rows }, make);
  const shuffled = () => {
    const ids = Array.from({ length: nItems }, (_, i) => i);
    for (let at = nItems - 1; at > 0; at--) {
      const other = draw(at + 1);
      [ids[at], ids[other]] = [ids[other]!, ids[at]!];
    }
    return ids;
  };
  const most = draw(3) === 0 ? 0 : draw(nItems);
  const parts = each(() => {
    const ids = shuffled();
    const size = draw(most + 1);
    return { train: ids.slice(0, size), candidates: ids.slice(size) };
  });
  const fewest = Math.min(...parts.map((p) => p.candidates.length));
  const topK = Math.max(1, [fewest, 1 + draw(fewest), fewest + draw(5), nItems][draw(4)]!);
  const observedK = draw(11);
  return {
    scores: each(() => Array.from({ length: nItems }, () => Number(score(real()).toFixed(6)))),
    train: parts.map((p) => [...p.train].sort((a, b) => a - b)),
    // As the official code pads them: a user's items over and over.
    observed: parts.map((p) =>
      Array.from({ length: p.train.length === 0 ? 0 : observedK }, (_, k) => p.train[k % p.train.length]!),
    ),
    ranked: parts.map((p) => Array.from({ length: topK }, (_, k) => p.candidates[k] ?? -1)),
  };
}

for (const [kind, score] of Object.entries(kinds)) {
  for (const [phase, checker] of Object.entries({ overall: hetcompOverallLoss, fine: hetcompRankLoss })) {
    test(`hetcomp, ${phase} phase, scores ${kind}: kernel and row loss agree on edge cases`, async () => {
      const key = stream(1, kind);
      let drawn = 0;
      const draw: Draw = (below) => uniformInt(key, 0, drawn++, below);
      for (let run = 0; run < 60; run++) {
        const inputs = inputsOf(score, draw, () => uniform(key, 1, drawn++));
        const { float64, float32 } = await checker.check(inputs);
        assert.equal(firstDifference(float32, float64 as never, checker.float32!), undefined, JSON.stringify(inputs));
      }
    });
  }
}
