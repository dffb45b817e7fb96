/** The part of the WebAssembly interface that is used here; TypeScript has it only in the browser's library. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  interface Memory<B = SharedArrayBuffer> {
    readonly buffer: B;
  }
  const Memory: {
    new (descriptor: { initial: number; maximum: number; shared: true }): Memory;
    new (descriptor: { initial: number }): Memory<ArrayBuffer>;
  };
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  function validate(bytes: Uint8Array): boolean;
}
