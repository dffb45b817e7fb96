/** The kernel of screen.as.ts as WebAssembly, in base64. The build writes dist/student/screen-bytes.js. */
export declare const wasmBase64: string;
