export type { Basis } from './basis.js';
export { parseServeOptions, type ServeOptions, serveOptions } from './options.js';
export { serve } from './serve.js';
export type { Serving } from './serving.js';
