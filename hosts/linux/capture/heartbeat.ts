/**
 * The heartbeat: an array of deadlines (CLOCK_MONOTONIC, nanoseconds), one a worker, that eBPF programs compare with the kernel's clock.
 * A worker that lives keeps writing the next one into mapped memory; when it stops, traffic goes by itself.
 */
import { createArray, loadProgram, ProgramType } from "./bpf.ts";
import { BpfAssembler, Helper } from "./bpf-assembler.ts";
import { type Pin, pinAt } from "./bpf-pins.ts";
import { close, mapShared } from "./libc.ts";

const PAGE = 4096;

/** Appends: r0 is the address of number `index` of an array; to `missing` when there is none, which the verifier asks for. */
export function emitLookup(program: BpfAssembler, map: number, index: number, missing: string): BpfAssembler {
  return program
    .storeValue32(10, -4, index)
    .map(1, map)
    .move(2, 10)
    .add(2, -4)
    .call(Helper.MapLookup)
    .jumpValue(0, "==", 0, missing);
}

/** Appends: jump to `late` when a worker's deadline has passed. Registers r0 to r6 are used; the stack's last four bytes too. */
export function emitAlive(program: BpfAssembler, map: number, workers: readonly number[], late: string): BpfAssembler {
  for (const worker of workers) {
    emitLookup(program, map, worker, late).load64(6, 0, 0).call(Helper.KtimeGetNs).jumpRegister(0, ">", 6, late);
  }
  return program;
}

/** A program for iptables' `-m bpf`: it matches while every worker is alive. */
export function aliveFilter(map: number, workers: number): Uint8Array {
  const all = Array.from({ length: workers }, (_, index) => index);
  return emitAlive(new BpfAssembler(), map, all, "late").set(0, 1).exit().label("late").set(0, 0).exit().assemble();
}

export function createDeadlines(workers: number): number {
  return createArray(workers);
}

/** The worker's side. */
export class Heartbeat {
  private readonly deadlines: BigInt64Array;
  private readonly index: number;
  private readonly span: bigint;

  /** @param map descriptor of the array @param milliseconds without a beat until traffic goes by */
  constructor(map: number, index: number, milliseconds: number) {
    this.deadlines = new BigInt64Array(mapShared(map, PAGE));
    this.index = index;
    this.span = BigInt(milliseconds) * 1_000_000n;
  }

  beat(): void {
    this.deadlines[this.index] = process.hrtime.bigint() + this.span;
  }
}

/** Loads the filter and gives it the name that iptables takes it by. @param folder where a bpf file system is mounted when the system has none */
export function pinFilter(map: number, workers: number, name: string, folder: string): Pin {
  const program = loadProgram(ProgramType.SocketFilter, aliveFilter(map, workers));
  try {
    return pinAt(program, name, folder);
  } finally {
    close(program);
  }
}
