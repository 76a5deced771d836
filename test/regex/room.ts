/** The regex room of the core, built alone so that its engines can be tested without the rest. */
import { compileRegex, type RegexFlags } from "../../compiler/regex/index.ts";
import { buildRoom } from "../core-room.ts";

interface Exports {
  memory: WebAssembly.Memory;
  configureRegex(pointer: number, bytes: number): number;
  checkRegex(program: number, length: number): number;
  regexSearch(program: number, data: number, length: number, start: number, anchored: number): number;
  setRegexBudget(steps: number): void;
  setRegexPlainSteps(steps: number, aByte: number): void;
  captureStart(index: number): number;
  captureEnd(index: number): number;
  regexStart: WebAssembly.Global;
  regexEnd: WebAssembly.Global;
  regexCost: WebAssembly.Global;
}

const SCRATCH = 1 << 16;
const SCRATCH_BYTES = 2 << 20;
const PROGRAM = SCRATCH + SCRATCH_BYTES;
const PROGRAM_BYTES = 1 << 20;
const SUBJECT = PROGRAM + PROGRAM_BYTES;
const SUBJECT_BYTES = 8 << 20;

/** All groups of a match, the whole first, [-1, -1] for those that took no part; false: none; "budget": given up. */
export type Outcome = [number, number][] | false | "budget";

/** A loaded room with one program. */
export class RegexRoom {
  readonly core: Exports;
  private captures = 0;

  private constructor(core: Exports) {
    this.core = core;
    const pages = Math.ceil((SUBJECT + SUBJECT_BYTES - core.memory.buffer.byteLength) / 65536);
    core.memory.grow(pages);
  }

  static async build(simd = true): Promise<RegexRoom> {
    const instance = await buildRoom("assembly/match/regex.ts", { simd });
    const room = new RegexRoom(instance.exports as unknown as Exports);
    room.scratch(SCRATCH_BYTES);
    return room;
  }

  scratch(bytes: number): boolean {
    return this.core.configureRegex(SCRATCH, bytes) !== 0;
  }

  /** Compiles and loads a pattern (one character a byte); throws what the compiler throws. */
  compile(pattern: string, flags: RegexFlags | string = {}): void {
    const options = typeof flags === "string" ? Object.fromEntries([...flags].map((flag) => [flag, true])) : flags;
    const { program, captures } = compileRegex(pattern, options);
    this.captures = captures;
    if (!this.load(program)) throw new Error(`the core refused the program of ${pattern}`);
  }

  load(program: Uint8Array): boolean {
    this.bytes(PROGRAM, program.length).set(program);
    return this.core.checkRegex(PROGRAM, program.length) !== 0;
  }

  search(subject: Uint8Array | string, start = 0, anchored = false): Outcome {
    const bytes = typeof subject === "string" ? Buffer.from(subject, "latin1") : subject;
    this.bytes(SUBJECT, bytes.length).set(bytes);
    const found = this.core.regexSearch(PROGRAM, SUBJECT, bytes.length, start, anchored ? 1 : 0);
    if (found < 0) return "budget";
    if (found === 0) return false;
    const groups: [number, number][] = [];
    for (let i = 0; i <= this.captures; i++) groups.push([this.core.captureStart(i), this.core.captureEnd(i)]);
    return groups;
  }

  get cost(): number {
    return this.core.regexCost.value >>> 0;
  }

  private bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.core.memory.buffer, at, length);
  }
}
