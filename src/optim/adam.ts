import { optimizer, withSlots } from './_optimizer.js';

/** Adam (Kingma and Ba, ICLR 2015), dense, with the defaults and the coupled weight decay of torch.optim.Adam. */
export const adam = optimizer({
  name: 'adam',
  summary: 'Adam: per-parameter adaptive learning rates',
  create: (k, parameters, o) =>
    withSlots(k, parameters, ['first', 'second'], (p, [first, second], step) => {
      k.adam(p.values, p.gradient, first!, second!, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...o, step });
    }),
});
