/**
 * Screening: a fast pre-selection of items with 8-bit codes of their factors. It skips items that certainly cannot enter
 * the list. The others are scored exactly, so the lists are the same without it.
 *
 * An item's factors are s (c + e) with a power of two s, whole numbers c and a remainder e. A query is t (d + f) likewise. Then
 *   <query, factors> = s (t <d, c> + t <f, c> + <query, e>) <= s (t <d, c> + slack),  slack = t |f| max |c| + |query| max |e|,
 * by the Cauchy-Schwarz inequality, with a margin for the rounding of the exact score and of the bound itself.
 *
 * Items are sorted by decreasing norm of their factors, approximately. The best items come early, and a search ends when
 * the norms of the remaining items are too small.
 */
import { byLength, lengthsOf, suffixMaxima } from './by-length.js';
import { scaleOf } from './codes.js';
import { wasmBase64 } from './screen-bytes.js';
import { call } from './screen-call.js';
import { PANEL } from './screen-layout.js';
import type { StudentModel } from './student-model.js';

export interface Screen {
  /** The item at each position. Rounds iterate over positions. */
  readonly order: Int32Array;
  /** Rounds begin and end at multiples of this, except that the last one ends at the last position. */
  readonly step: number;
  /** Maximum number of positions in one round. */
  readonly most: number;
  /** The positions that passed in the latest round, ascending. In the last round some may be beyond the last item. */
  readonly passed: Int32Array;
  /** Sets the query. Scores are inner products plus item biases, or with `multipliers` (one per item, >= 0), times these. */
  setQuery(query: Float32Array, multipliers?: Float32Array): void;
  /** Writes to `passed` the positions from `begin` to `end` whose score may reach the threshold. Returns their number. */
  pass(threshold: number, begin: number, end: number): number;
  /** Upper bound of all scores at positions >= `begin`, which must be a multiple of `step`. */
  limit(begin: number): number;
}

const ROUND = 16_384;
const PAGE = 65_536;
/** Well above the rounding error of float32 (2^-24) and of the few operations, well below the error of the codes. */
const rounding = 2 ** -20;

let compiled: WebAssembly.Module | undefined;

type ScreenKernel = Parameters<typeof call>[0];

/**
 * Creates the codes of a student's items in WebAssembly memory.
 * @param kernel the compiled kernel, for platforms that do not allow compilation at run time
 * @returns undefined without WebAssembly SIMD, or without enough memory
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
  const longest = suffixMaxima(order, lengths, PANEL);
  const highest = itemBiases && suffixMaxima(order, itemBiases, PANEL);
  // Sums of products of codes must fit into 32 bits.
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
    setQuery(query, multipliers) {
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
      // The last term covers factors so small that products are subnormal.
      slack = unit * (lost + rounded) * (1 + rounding) + 1e-10;
      reach = multipliers ? Number.POSITIVE_INFINITY : unit * length * (1 + (dim + 8) * 2 ** -22);
      scalesAt = multipliers ? places.multiplied : places.scales;
      biasesAt = multipliers || !itemBiases ? 0 : places.biases;
      if (!multipliers || multipliers === last) return;
      for (let i = 0; i < nItems; i++) multiplied[i] = scales[i]! * multipliers[order[i]!]!;
      last = multipliers;
    },
    // A literal without spreads: V8 then makes no object for a call, and there are some dozens in a search.
    pass: (threshold, begin, end) =>
      call(run, {
        panels: places.panels,
        pairs,
        query: places.query,
        scales: scalesAt,
        biases: biasesAt,
        unit,
        slack,
        threshold,
        begin: begin / PANEL,
        end: Math.ceil(end / PANEL),
        out: places.passed,
      }),
    limit(begin) {
      const sum = reach * longest[begin / PANEL]!;
      const bias = highest?.[begin / PANEL] ?? 0;
      return sum + bias + (sum + Math.abs(bias)) * rounding + 1e-30;
    },
  };
}

/** Encodes all items. @returns the largest norms of an item's codes and of its remainder, in units of its scale */
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
    // Without WebAssembly, SIMD, permission to compile or memory, items are searched without screening.
    return undefined;
  }
}

function own(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(decode(wasmBase64));
  return compiled;
}

const decode = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** Addresses of consecutive blocks of the given sizes, aligned to 64 bytes. Address 0 is not used, because it means none. */
function layout<K extends string>(sizes: Readonly<Record<K, number>>): Record<K | 'end', number> {
  let end = 64;
  const places: Record<string, number> = {};
  for (const [name, size] of Object.entries<number>(sizes)) {
    places[name] = end;
    end += Math.ceil(size / 64) * 64;
  }
  return { ...places, end } as Record<K | 'end', number>;
}
