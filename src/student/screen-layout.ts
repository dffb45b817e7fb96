/** Items of a panel of codes; read by TypeScript and by AssemblyScript. */
export const PANEL = 32;
