/** The core as the host sees it: the exports of `build/vpatch.wasm` (assembly/index.ts, docs/abi.md), integers in and out. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ABI_VERSION } from "../../../assembly/abi/codes.ts";
import { VpatchError } from "../errors.ts";
import { compileModule, instantiate, supportsSimd, type WasmMemory } from "./webassembly.ts";

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
  /** One FrameGroups record a frame record. */
  groups_address(): number;
  events_address(): number;
  /** Bytes of event records since the last drain. */
  events_used(): number;
  drain_events(): void;
  /** Lets time go on without a frame, in microseconds since 1970. Flows ended; drain the events and call again until it is 0. */
  advance(now: bigint): number;
  /** Ends every flow, as at the end of a capture. Flows ended; drain the events and call again until it is 0. */
  finish(): number;
  /** RuleCost records, one a rule of the database. */
  rule_costs_address(): number;
  /** ProtocolCost records, one an AppProto. */
  protocol_costs_address(): number;
  /** The counters, u64 each. */
  counters_address(): number;
}

/** The core is built twice, with one interface and the same results: with SIMD, and without for engines that lack it. */
export type CoreBuild = "simd" | "scalar";

/** A compiled core and what identifies it. */
export interface CoreBinary {
  /** `simd`, `scalar`, or where it came from. */
  readonly build: string;
  /** A fresh instance; `abort` is its only import. */
  instantiate(abort: (...values: number[]) => void): CoreExports;
  /** SHA-256 of the module's bytes, in hex: the engine digest of evidence. */
  readonly digest: string;
}

const FILES: Readonly<Record<CoreBuild, string>> = { simd: "vpatch.wasm", scalar: "vpatch.scalar.wasm" };
const binaries = new Map<CoreBuild, CoreBinary>();

/** The core of this package, compiled once a process; the build this machine can run when none is named. */
export function coreBinary(build: CoreBuild = supportsSimd() ? "simd" : "scalar"): CoreBinary {
  const known = binaries.get(build);
  if (known) return known;
  const inBuild = import.meta.url.endsWith(".js");
  const file = fileURLToPath(new URL(`${inBuild ? "../../../" : "../../../build/"}${FILES[build]}`, import.meta.url));
  try {
    const binary = compileCore(readFileSync(file), build);
    binaries.set(build, binary);
    return binary;
  } catch (cause) {
    throw new VpatchError("VPATCH_ENGINE", "the core cannot be loaded", {
      location: { file },
      remedy: "run npm run build",
      cause,
    });
  }
}

/** Compiles the bytes of a core. Throws when they are no module. */
export function compileCore(bytes: Uint8Array, build: string): CoreBinary {
  const module = compileModule(bytes);
  return {
    build,
    digest: createHash("sha256").update(bytes).digest("hex"),
    instantiate: (abort) => instantiate<CoreExports>(module, abort),
  };
}

/** A fresh instance of the core. @throws VpatchError when its ABI is another than this host's */
export function instantiateCore(binary: CoreBinary): CoreExports {
  const core = binary.instantiate((message, _file, line, column) => {
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
