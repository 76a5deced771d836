/** The part of the WebAssembly API that the engine uses: neither Node's types nor the ES library declare it without the browser's. */

export interface WasmModule {
  readonly wasmModule: unique symbol;
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

declare const WebAssembly: {
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

/** Makes an instance whose only import is `env.abort`. */
export function instantiate<Exports>(module: WasmModule, abort: (...values: number[]) => void): Exports {
  return new WebAssembly.Instance(module, { env: { abort } }).exports as Exports;
}
