import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";

const wasm = readFileSync(new URL("../build/vpatch.wasm", import.meta.url));

test("the core imports nothing but abort", () => {
  for (const entry of WebAssembly.Module.imports(new WebAssembly.Module(wasm))) assert.is(entry.name, "abort");
});

test.run();
