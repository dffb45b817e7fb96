import type { PlanListener } from 'recdistill/experiment';
import type { Context } from './_page.js';

/** Tells of each job of a plan that begins or is tried again. */
export const followPlan =
  ({ say }: Context): PlanListener =>
  (event) => {
    if (event.type === 'started') say(`${event.job} (${event.at} of ${event.of})`);
    if (event.type === 'retry') say(`${event.job} is tried again`);
  };
