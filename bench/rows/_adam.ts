import type { Floats, Kernels } from 'recdistill';

export interface AdamOptions {
  readonly learningRate: number;
  readonly l2: number;
}

/** torch.optim.Adam with its default decay rates over some tables. */
export function adamOn(
  k: Kernels,
  tables: readonly { readonly values: Floats; readonly gradient: Floats }[],
  options: AdamOptions,
) {
  const moments = tables.map(({ values }) => ({ first: k.floats(values.length), second: k.floats(values.length) }));
  let step = 0;
  return {
    moments,
    step(): void {
      step += 1;
      tables.forEach(({ values, gradient }, t) => {
        const { first, second } = moments[t]!;
        k.adam(values, gradient, first, second, { ...options, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step });
      });
    },
  };
}
