/** Forms of the loss, as numbers that both compilers know. */
export const SQUARED = 0;
export const UNIT = 1;
export const COSINE = 2;

/** The least norm by which a row is divided. */
export const FLOOR = 1e-12;
