/** Constants of random sampling. Shared by TypeScript and AssemblyScript. */

/** Attempts to sample a negative before items are tried in order. Results of a seed depend on it. */
export const ATTEMPTS = 64;
