/**
 * A quick look at all items with 8-bit codes of their factors, which passes over those that certainly cannot enter a list. What is left is
 * scored exactly, so that lists do not depend on it.
 *
 * An item's factors are s (c + e), a power of two s, whole numbers c and a remainder e; a query is t (d + f) likewise. Then
 *   <query, factors> = s (t <d, c> + t <f, c> + <query, e>) <= s (t <d, c> + slack),  slack = t |f| max |c| + |query| max |e|,
 * by Cauchy and Schwarz, with a little more for the rounding of the exact score and of the bound itself.
 *
 * Items stand by falling length of their factors, roughly: the best come early, and a search ends where those that follow are too short.
 */
import { byLength, lengthsOf, mostFrom } from './by-length.js';
import { scaleOf } from './codes.js';
import { wasmBase64 } from './screen-bytes.js';
import { call } from './screen-call.js';
import { PANEL } from './screen-layout.js';
import type { StudentModel } from './student-model.js';

export interface Screen {
  /** The item at each place; rounds go over places. */
  readonly order: Int32Array;
  /** Rounds begin and end at multiples of this, or end at the last place. */
  readonly step: number;
  /** Most places in one round. */
  readonly most: number;
  /** The places that passed last, ascending; in the last round also some beyond the last item. */
  readonly passed: Int32Array;
  /** Turns to a query: its inner products plus item biases, or, with `multipliers` (>= 0, one for each item), times these. */
  aim(query: Float32Array, multipliers?: Float32Array): void;
  /** Leaves in `passed` the places from `begin` to `end` whose score may reach the threshold; returns their number. */
  pass(threshold: number, begin: number, end: number): number;
  /** No score at the places from `begin`, a multiple of `step`, on is above this. */
  limit(begin: number): number;
}

const ROUND = 16_384;
const PAGE = 65_536;
/** Far above the rounding of a float32 (2^-24) and of the few operations between, far below what the codes lose. */
const rounding = 2 ** -20;

let compiled: WebAssembly.Module | undefined;

type ScreenKernel = Parameters<typeof call>[0];

/**
 * The codes of a student's items in a WebAssembly memory.
 * @param kernel the compiled kernel, where a platform does not let a program compile it
 * @returns undefined where there is no WebAssembly with SIMD, or no room
 */
export function createScreen(model: StudentModel, kernel?: object): Screen | undefined {
  const { nItems, dim, itemFactors, itemBiases } = model;
  const panels = Math.ceil(nItems / PANEL);
  const pairs = Math.ceil(dim / 2);
  const places = layout({
    query: 4 * pairs,
    passed: 4 * ROUND,
    scales: 4 * PANEL * panels,
    biases: itemBiases ? 4 * PANEL * panels : 0,
    multiplied: 4 * PANEL * panels,
    panels: 2 * PANEL * pairs * panels,
  });
  const made = instantiate(kernel, places.end);
  if (!made) return undefined;
  const { buffer, run } = made;
  const scales = new Float32Array(buffer, places.scales, nItems);
  const multiplied = new Float32Array(buffer, places.multiplied, nItems);
  const lengths = lengthsOf(itemFactors, dim);
  const order = byLength(lengths);
  const codesOfItems = new Int8Array(buffer, places.panels, 2 * PANEL * pairs * panels);
  const most = fillPanels(itemFactors, dim, order, scales, codesOfItems);
  if (itemBiases) new Float32Array(buffer, places.biases, nItems).set(Float32Array.from(order, (i) => itemBiases[i]!));
  const longest = mostFrom(order, lengths, PANEL);
  const highest = itemBiases && mostFrom(order, itemBiases, PANEL);
  // Sums of products of codes must stay within 32 bits.
  const largest = Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * 2 * pairs)));
  const codes = new Int16Array(buffer, places.query, 2 * pairs);
  const passed = new Int32Array(buffer, places.passed, ROUND);
  let [unit, slack, scalesAt, biasesAt] = [0, 0, 0, 0];
  let reach = 0;
  let last: Float32Array | undefined;

  return {
    order,
    step: PANEL,
    most: ROUND,
    passed,
    aim(query, multipliers) {
      unit = scaleOf(query, 0, dim, largest);
      let [square, codeSquare, lostSquare] = [0, 0, 0];
      for (let j = 0; j < dim; j++) {
        const x = query[j]! / unit;
        const code = Math.round(x);
        codes[j] = code;
        square += x * x;
        codeSquare += code * code;
        lostSquare += (x - code) * (x - code);
      }
      const length = Math.sqrt(square);
      const lost = Math.sqrt(lostSquare) * most.code + length * most.rest;
      const rounded =
        length * (most.code + most.rest) * (dim + 8) * 2 ** -23 + Math.sqrt(codeSquare) * most.code * rounding;
      // The last term is for factors so small that products are subnormal.
      slack = unit * (lost + rounded) * (1 + rounding) + 1e-10;
      reach = multipliers ? Number.POSITIVE_INFINITY : unit * length * (1 + (dim + 8) * 2 ** -22);
      scalesAt = multipliers ? places.multiplied : places.scales;
      biasesAt = multipliers || !itemBiases ? 0 : places.biases;
      if (!multipliers || multipliers === last) return;
      for (let i = 0; i < nItems; i++) multiplied[i] = scales[i]! * multipliers[order[i]!]!;
      last = multipliers;
    },
    pass: (threshold, begin, end) =>
      call(run, {
        ...{ panels: places.panels, pairs, query: places.query, out: places.passed },
        ...{ scales: scalesAt, biases: biasesAt, unit, slack, threshold },
        begin: begin / PANEL,
        end: Math.ceil(end / PANEL),
      }),
    limit(begin) {
      const sum = reach * longest[begin / PANEL]!;
      const bias = highest?.[begin / PANEL] ?? 0;
      return sum + bias + (sum + Math.abs(bias)) * rounding + 1e-30;
    },
  };
}

/** Codes all items. @returns the largest lengths of an item's codes and of what they leave, in units of its scale */
function fillPanels(
  factors: Float32Array,
  dim: number,
  order: Int32Array,
  scales: Float32Array,
  panels: Int8Array,
): { code: number; rest: number } {
  const stride = 2 * PANEL * Math.ceil(dim / 2);
  let [code, rest] = [0, 0];
  for (let place = 0; place < order.length; place++) {
    const from = order[place]! * dim;
    const to = Math.floor(place / PANEL) * stride + 2 * (place % PANEL);
    const scale = scaleOf(factors, from, from + dim, 127);
    scales[place] = scale;
    let codeSquare = 0;
    let restSquare = 0;
    for (let j = 0; j < dim; j++) {
      const x = factors[from + j]! / scale;
      const c = Math.round(x);
      panels[to + (j >> 1) * 2 * PANEL + (j & 1)] = c;
      codeSquare += c * c;
      restSquare += (x - c) * (x - c);
    }
    code = Math.max(code, codeSquare);
    rest = Math.max(rest, restSquare);
  }
  return { code: Math.sqrt(code), rest: Math.sqrt(rest) };
}

function instantiate(
  kernel: object | undefined,
  bytes: number,
): { buffer: ArrayBuffer; run: ScreenKernel } | undefined {
  try {
    const module = kernel ? (kernel as WebAssembly.Module) : own();
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    return typeof exports.screen === 'function'
      ? { buffer: memory.buffer, run: exports.screen as ScreenKernel }
      : undefined;
  } catch {
    // No WebAssembly, no SIMD, no permission to compile or no room: everything works without.
    return undefined;
  }
}

function own(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(decode(wasmBase64));
  return compiled;
}

const decode = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** Addresses of blocks of the given sizes, one after the other on multiples of 64 bytes; address 0 stays free, as it means none. */
function layout<K extends string>(sizes: Readonly<Record<K, number>>): Record<K | 'end', number> {
  let end = 64;
  const places: Record<string, number> = {};
  for (const [name, size] of Object.entries<number>(sizes)) {
    places[name] = end;
    end += Math.ceil(size / 64) * 64;
  }
  return { ...places, end } as Record<K | 'end', number>;
}
