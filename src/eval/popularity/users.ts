/** The users whose lists are measured. */
import type { Rankings } from '../../data/rankings.js';

/** Users measured between two steps. */
export const USERS_AT_ONCE = 4096;

export const everyone = ({ nUsers }: Rankings): Int32Array => Int32Array.from({ length: nUsers }, (_, user) => user);
