/** The part of the WebAssembly API that the engine uses: neither Node's types nor the ES library declare it without the browser's. */

export interface WasmModule {
  readonly wasmModule: unique symbol;
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: { new (bytes: Uint8Array): WasmModule };
  Instance: {
    new (
      module: WasmModule,
      imports: Record<string, Record<string, (...values: number[]) => void>>,
    ): { exports: unknown };
  };
};

/** Compiles a module. Throws when the bytes are not one. */
export function compileModule(bytes: Uint8Array): WasmModule {
  return new WebAssembly.Module(bytes);
}

/** A function that returns a 128-bit vector: a module that only an engine with SIMD accepts. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 0x41, 0, 0xfd, 15, 0xfd, 98, 11],
);

/** Whether this machine's WebAssembly has SIMD. */
export function supportsSimd(): boolean {
  return WebAssembly.validate(SIMD_PROBE);
}

/** Makes an instance whose only import is `env.abort`. */
export function instantiate<Exports>(module: WasmModule, abort: (...values: number[]) => void): Exports {
  return new WebAssembly.Instance(module, { env: { abort } }).exports as Exports;
}
