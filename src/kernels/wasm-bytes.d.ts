/** The kernels as WebAssembly, in base64. The build compiles them from *.as.ts and writes dist/kernels/wasm-bytes.js. */

/** For `plain` arithmetic. */
export declare const wasmBase64: string;
/** For `fma` arithmetic, with relaxed SIMD. */
export declare const fmaBase64: string;
