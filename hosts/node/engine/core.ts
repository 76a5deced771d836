/** The core as the host sees it: the exports of `build/vpatch.wasm` (assembly/index.ts), integers in and out. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ABI_VERSION } from "../../../assembly/abi/codes.ts";
import { VpatchError } from "../errors.ts";
import { compileModule, instantiate, type WasmMemory, type WasmModule } from "./webassembly.ts";

/** Exports of the core. Addresses hold from `configure` on and never move. */
export interface CoreExports {
  readonly memory: WasmMemory;
  /** Major in the upper 16 bits, minor in the lower 16. */
  abi_version(): number;
  /** The settings table: u32 each, written before `configure`. */
  settings_address(): number;
  /** Carves all memory. 0 when done; otherwise what was refused. */
  configure(): number;
  /** Where the bytes of a new database are written; room for `vpatch.capacity.database-bytes`. */
  database_address(): number;
  /** Checks and adopts the database of `length` bytes. 0 when done; a refused one leaves the old one in force. */
  load(length: number): number;
  /** The frame records. */
  frames_address(): number;
  /** The area frames' bytes may lie in. */
  frame_area_address(): number;
  /** Inspects `count` frames from record `first` on; how many it did before the event area was nearly full. */
  inspect(first: number, count: number): number;
  /** One verdict byte a frame record. */
  verdicts_address(): number;
  events_address(): number;
  /** Bytes of event records since the last drain. */
  events_length(): number;
  drain_events(): void;
  /** Lets time go on without a frame: flows time out. */
  advance(now: bigint): void;
  /** Ends every flow, as at the end of a capture; call again while it returns 1 (drain the events between). */
  finish(): number;
  /** The counters, u64 each. */
  counters_address(): number;
}

let module: WasmModule | undefined;

/** The compiled core of this package; compiled once a process. */
export function coreModule(): WasmModule {
  if (module) return module;
  const inBuild = import.meta.url.endsWith(".js");
  const file = fileURLToPath(new URL(inBuild ? "../../../vpatch.wasm" : "../../../build/vpatch.wasm", import.meta.url));
  try {
    module = compileModule(readFileSync(file));
  } catch (cause) {
    throw new VpatchError("VPATCH_ENGINE", "the core cannot be loaded", {
      location: { file },
      remedy: "run npm run build",
      cause,
    });
  }
  return module;
}

/** A fresh instance of the core. @throws VpatchError when its ABI is another than this host's */
export function instantiateCore(compiled: WasmModule): CoreExports {
  const core = instantiate<CoreExports>(compiled, (message, _file, line, column) => {
    throw new VpatchError("VPATCH_ENGINE", `the core stopped (message ${message}, at ${line}:${column})`);
  });
  const version = core.abi_version() >>> 0;
  if (version >>> 16 !== ABI_VERSION >>> 16 || (version & 0xffff) < (ABI_VERSION & 0xffff)) {
    throw new VpatchError(
      "VPATCH_ENGINE",
      `the core has ABI ${formatVersion(version)}, ${formatVersion(ABI_VERSION)} is needed`,
      {
        remedy: "run npm run build, or install core and host of one release",
      },
    );
  }
  return core;
}

function formatVersion(version: number): string {
  return `${version >>> 16}.${version & 0xffff}`;
}
