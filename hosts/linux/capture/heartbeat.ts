/**
 * The heartbeat: an array of deadlines (CLOCK_MONOTONIC, nanoseconds), one a worker, that eBPF programs compare with the kernel's clock.
 * A worker that lives keeps writing the next one into mapped memory; when it stops, traffic goes by itself.
 */
import { mkdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { createArray, loadProgram, ProgramType, pin } from "./bpf.ts";
import { BpfAssembler, Helper } from "./bpf-assembler.ts";
import { check, close, mapShared, mount, umount } from "./libc.ts";

const BPF_FILE_SYSTEM = 0xcafe4a11;
const SYSTEM_FOLDER = "/sys/fs/bpf";
const PAGE = 4096;

/** Appends: jump to `late` when a worker's deadline has passed. Registers r0 to r6 are used; the stack's last four bytes too. */
export function emitAlive(program: BpfAssembler, map: number, workers: readonly number[], late: string): BpfAssembler {
  for (const worker of workers) {
    program
      .storeValue32(10, -4, worker)
      .map(1, map)
      .move(2, 10)
      .add(2, -4)
      .call(Helper.MapLookup)
      .jumpValue(0, "==", 0, late)
      .load64(6, 0, 0)
      .call(Helper.KtimeGetNs)
      .jumpRegister(0, ">", 6, late);
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

/** A file-system name for the filter, which iptables takes it by. */
export interface PinnedFilter {
  path: string;
  /** A bpf file system we mounted for it. */
  mounted?: string;
}

/** Loads and pins the filter. @param folder where a bpf file system is mounted when the system has none */
export function pinFilter(map: number, workers: number, name: string, folder: string): PinnedFilter {
  const program = loadProgram(ProgramType.SocketFilter, aliveFilter(map, workers));
  try {
    const { root, mounted } = bpfFolder(folder);
    const path = join(root, name);
    rmSync(path, { force: true });
    pin(program, path);
    return mounted === undefined ? { path } : { path, mounted };
  } finally {
    close(program);
  }
}

export function removeFilter({ path, mounted }: PinnedFilter): void {
  rmSync(path, { force: true });
  if (mounted !== undefined && umount(mounted, 2) === 0) rmSync(mounted, { recursive: true, force: true });
}

function bpfFolder(folder: string): { root: string; mounted?: string } {
  if (isBpf(SYSTEM_FOLDER)) return { root: SYSTEM_FOLDER };
  const mounted = join(folder, "bpf");
  mkdirSync(mounted, { recursive: true, mode: 0o700 });
  if (!isBpf(mounted)) check(mount("vpatch", mounted, "bpf", 0, 0), `mount a bpf file system on ${mounted}`);
  return { root: mounted, mounted };
}

function isBpf(folder: string): boolean {
  try {
    return statfsSync(folder).type === BPF_FILE_SYSTEM;
  } catch {
    return false;
  }
}
