/** The core's literal matcher behind a plain function, and the naive matcher it is compared with. */
import type { Literal } from "../../compiler/prefilter/literal_table.ts";
import { buildRoom, type RoomOptions } from "../core-room.ts";

interface Exports {
  memory: WebAssembly.Memory;
  reserve(bytes: number): number;
  literalScratchBytes(literals: number): number;
  configureLiteralScratch(ptr: number, bytes: number): number;
  checkLiteralTable(table: number, length: number): number;
  scanLiterals(table: number, data: number, length: number, out: number, max: number): number;
}

const TABLE_BYTES = 8 << 20;
const DATA_BYTES = 1 << 18;
const MAX_LITERALS = 20_000;

/** One instance of the matcher with room for a table and a text. */
export class Matcher {
  readonly #core: Exports;
  readonly #table: number;
  readonly #data: number;
  readonly #out: number;

  private constructor(core: Exports) {
    this.#core = core;
    this.#table = core.reserve(TABLE_BYTES);
    this.#data = core.reserve(DATA_BYTES);
    this.#out = core.reserve(4 * MAX_LITERALS + 4);
    const bytes = core.literalScratchBytes(MAX_LITERALS);
    core.configureLiteralScratch(core.reserve(bytes), bytes);
  }

  static async create(options: RoomOptions = {}): Promise<Matcher> {
    const { exports } = await buildRoom("test/match/literal.core.ts", options);
    return new Matcher(exports as unknown as Exports);
  }

  /** Adopts a table; false: refused. */
  load(table: Uint8Array): boolean {
    new Uint8Array(this.#core.memory.buffer).set(table, this.#table);
    return this.#core.checkLiteralTable(this.#table, table.length) !== 0;
  }

  /** Indices of the literals in `text`, sorted; the bytes around it are `around`. `shift` moves the text off its alignment. */
  scan(text: Uint8Array, { around = 0, shift = 0, max = MAX_LITERALS } = {}): number[] {
    const memory = new Uint8Array(this.#core.memory.buffer);
    const data = this.#data + 256 + shift;
    memory.fill(around, data - 256, data + text.length + 64);
    memory.set(text, data);
    const found = this.#core.scanLiterals(this.#table, data, text.length, this.#out, max);
    return [...new Uint32Array(this.#core.memory.buffer, this.#out, found)].sort((a, b) => a - b);
  }
}

/** Indices of the literals in `text`, sorted: byte by byte. */
export function naive(literals: readonly Literal[], text: Uint8Array): number[] {
  const exact = Buffer.from(text);
  const folded = fold(exact);
  return literals.flatMap(({ bytes, nocase, place }, i) => {
    const [within, literal] = nocase ? [folded, fold(Buffer.from(bytes))] : [exact, Buffer.from(bytes)];
    if (place === "whole") return within.equals(literal) ? [i] : [];
    if (place === "suffix") return within.subarray(-literal.length).equals(literal) ? [i] : [];
    return within.includes(literal) ? [i] : [];
  });
}

function fold(bytes: Buffer): Buffer {
  return bytes.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte)) as Buffer;
}

/** A generator of reproducible numbers (mulberry32). */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}
