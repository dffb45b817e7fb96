/** Every page, one line each. */
import type { Page } from '../_page.js';
import { bdKinds } from './bd/kinds.js';
import { bdPublished } from './bd/published.js';
import { bdPages } from './bd/results.js';
import { continuePage } from './continue.js';
import { bdCost } from './cost/bd-cost.js';
import { epochs } from './cost/epochs.js';
import { hetcompCost } from './cost/hetcomp-cost.js';
import { defaults } from './defaults.js';
import { foldIn } from './fold-in.js';
import { presetPages } from './presets.js';
import { studies } from './studies.js';
import { unseenUsers } from './unseen/unseen-users.js';

export const pages: readonly Page[] = [
  ...presetPages,
  ...studies,
  bdPublished,
  ...bdPages,
  bdKinds,
  continuePage,
  foldIn,
  defaults,
  unseenUsers,
  epochs,
  hetcompCost,
  bdCost,
];
