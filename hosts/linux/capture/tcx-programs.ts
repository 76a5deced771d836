/**
 * The eBPF programs of the driver `tcx`.
 *
 *     arriving:  NIC ingress --divert--> TAP "in" --> worker --> TAP "in" ingress --return--> NIC ingress, marked: passes
 *     leaving:   NIC egress  --divert--> TAP "out" --> worker --> TAP "out" ingress --return--> NIC egress, marked: passes
 *
 * The numbers they share with the worker are those of {@link TcxNumber}, one array.
 */
import { BpfAssembler, Helper } from "./bpf-assembler.ts";
import { OWN_MARK } from "./firewall.ts";
import { emitAlive, emitLookup } from "./heartbeat.ts";

/** Return values of tcx programs. */
const TCX_NEXT = -1;
const TCX_DROP = 2;
/** Offset of `mark` in `__sk_buff`. */
const MARK = 8;
const REDIRECT_INGRESS = 1;

/** Numbers of the shared array. */
export const enum TcxNumber {
  /** Deadline of the heartbeat, nanoseconds. */
  Deadline = 0,
  /** Frames diverted, by the programs. */
  Diverted = 1,
  /** Frames settled, by the worker. */
  Settled = 2,
  /** Frames let by without inspection, by the programs. */
  Bypassed = 3,
  COUNT = 4,
}

export interface DivertPlan {
  map: number;
  /** Index of the TAP. */
  tap: number;
  /** Pass frames when the worker gives no sign of life. */
  alive: boolean;
  /** Pass frames when so many wait for the worker; without it they are lost at the TAP. */
  limit?: number;
}

/** At the NIC: what is not marked goes to the TAP. */
export function divertProgram({ map, tap, alive, limit }: DivertPlan): Uint8Array {
  const program = new BpfAssembler().move(7, 1).load32(2, 7, MARK).jumpValue(2, "==", OWN_MARK, "own");
  if (alive) emitAlive(program, map, [TcxNumber.Deadline], "by");
  if (limit !== undefined) {
    emitLookup(program, map, TcxNumber.Settled, "by").load64(8, 0, 0);
    emitLookup(program, map, TcxNumber.Diverted, "by").load64(3, 0, 0);
    // The worker may count a frame as settled a moment before the programs count it as diverted.
    program.jumpRegister(8, ">", 3, "count").subtract(3, 8).jumpValue(3, ">", limit, "by");
    program.label("count").set(1, 1).atomicAdd64(0, 0, 1);
  }
  program.set(1, tap).set(2, 0).call(Helper.Redirect).exit();
  if (alive || limit !== undefined) {
    emitLookup(program.label("by"), map, TcxNumber.Bypassed, "next").set(1, 1).atomicAdd64(0, 0, 1);
    program.label("next").set(0, TCX_NEXT).exit();
  }
  return program.label("own").set(2, 0).store32(7, MARK, 2).set(0, TCX_NEXT).exit().assemble();
}

/** At the TAP: what the worker wrote is marked and goes to the NIC, as arriving or as leaving. */
export function returnProgram(nic: number, arriving: boolean): Uint8Array {
  return new BpfAssembler()
    .set(2, OWN_MARK)
    .store32(1, MARK, 2)
    .set(1, nic)
    .set(2, arriving ? REDIRECT_INGRESS : 0)
    .call(Helper.Redirect)
    .exit()
    .assemble();
}

/** Does nothing. */
export function nextProgram(): Uint8Array {
  return new BpfAssembler().set(0, TCX_NEXT).exit().assemble();
}

/** At the NIC: nothing passes. */
export function blockProgram(): Uint8Array {
  return new BpfAssembler().set(0, TCX_DROP).exit().assemble();
}
