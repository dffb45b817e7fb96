export type { Basis } from './answer.js';
export { parseServeOptions, type ServeOptions, serveOptions } from './options.js';
export { type Serving, serve } from './serve.js';
