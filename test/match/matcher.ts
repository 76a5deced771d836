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
    core.reserve(1 << 17);
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

  /** Indices of the literals in `text`, sorted; the bytes around it are `around`. `shift` moves the text off its alignment; `atEnd`: memory ends 64 bytes behind it. */
  scan(text: Uint8Array, { around = 0, shift = 0, max = MAX_LITERALS, atEnd = false } = {}): number[] {
    const memory = new Uint8Array(this.#core.memory.buffer);
    const data = atEnd ? memory.length - 64 - text.length : this.#data + 256 + shift;
    memory.fill(around, data - 256, data + text.length + 64);
    memory.set(text, data);
    const found = this.#core.scanLiterals(this.#table, data, text.length, this.#out, max);
    return [...new Uint32Array(this.#core.memory.buffer, this.#out, found)].sort((a, b) => a - b);
  }
}

/** The naive matcher: indices of the literals in a text, sorted, each literal looked for by itself. */
export function naive(literals: readonly Literal[]): (text: Uint8Array) => number[] {
  const wanted = literals.map(({ bytes, nocase, place }) => {
    const exact = Buffer.from(bytes).toString("latin1");
    return { literal: nocase ? fold(exact) : exact, nocase, place };
  });
  return (text) => {
    const exact = Buffer.from(text).toString("latin1");
    const folded = fold(exact);
    return wanted.flatMap(({ literal, nocase, place }, i) => {
      const within = nocase ? folded : exact;
      if (place === "whole") return within === literal ? [i] : [];
      return (place === "suffix" ? within.endsWith(literal) : within.includes(literal)) ? [i] : [];
    });
  };
}

/** ASCII lower case. */
function fold(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
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
