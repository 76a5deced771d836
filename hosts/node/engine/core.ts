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
  /** Carves all memory, once. 1 when done, 0 when it is refused. */
  configure(): number;
  /** Bytes carved: the memory the core will ever use. */
  memory_reserved(): number;
  /** Where the next database is written; room for `vpatch.capacity.database-bytes`. Changes with every successful `load`. */
  database_address(): number;
  /** Checks and adopts the database of `length` bytes. 0 when done; a refused one leaves the old one in force. */
  load(length: number): number;
  /** The area frames' bytes may lie in. */
  frames_address(): number;
  /** The frame records, one a slot. */
  slots_address(): number;
  /** Inspects `count` frames from record `first` on; how many it did before the event area was nearly full. */
  inspect(first: number, count: number): number;
  /** One verdict byte a frame record. */
  verdicts_address(): number;
  events_address(): number;
  /** Bytes of event records since the last drain. */
  events_used(): number;
  drain_events(): void;
  /** Lets time go on without a frame, in microseconds since 1970. Flows ended; drain the events and call again until it is 0. */
  advance(now: bigint): number;
  /** Ends every flow, as at the end of a capture. Flows ended; drain the events and call again until it is 0. */
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
