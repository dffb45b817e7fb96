/** What random draws have in common with their kernels; read by TypeScript and by AssemblyScript. */

/** Draws of a negative item before the search goes on item by item; a seed's results depend on it. */
export const ATTEMPTS = 64;
