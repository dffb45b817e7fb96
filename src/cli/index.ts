/** The registry of commands, in the order of the help: one line adds one. */
import type { Command } from './_command.js';
import { demo } from './demo.js';
import { distill } from './distill.js';
import { train } from './train.js';

export const commands: readonly Command[] = [demo, train, distill];
