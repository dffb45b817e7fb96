import { optimizer, someRows, withSlots } from './_optimizer.js';

/** Stochastic gradient descent with the momentum and the coupled weight decay of torch.optim.SGD. */
export const sgd = optimizer({
  name: 'sgd',
  summary: 'stochastic gradient descent, with optional momentum',
  create(k, parameters, o) {
    const momentum = o.momentum ?? 0;
    // Otherwise rows without a gradient change, too.
    const sparse = momentum === 0 && o.l2 === 0;
    return withSlots(k, parameters, momentum === 0 ? [] : ['momentum'], (p, [buffer], step) => {
      // Without momentum the kernel does not use its buffer, so any array will do.
      k.sgd(p.values, p.gradient, buffer ?? p.gradient, { ...o, momentum, step }, sparse ? someRows(p) : undefined);
    });
  },
});
