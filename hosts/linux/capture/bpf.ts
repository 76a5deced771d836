/** Maps, programs, pins and links of eBPF through bpf(2). */
import { addressOf, bpfCall, check } from "./libc.ts";

const SYSCALL = process.arch === "arm64" ? 280 : 321;

const enum Command {
  MapCreate = 0,
  MapLookup = 1,
  ProgramLoad = 5,
  ObjectPin = 6,
  LinkCreate = 28,
}

export const enum ProgramType {
  SocketFilter = 1,
  SchedCls = 3,
}

export const enum AttachType {
  TcxIngress = 46,
  TcxEgress = 47,
}

const MAP_TYPE_ARRAY = 2;
const F_MMAPABLE = 1 << 10;
const LOG_BYTES = 65536;

/** Attributes of bpf(2): a union of structures, 120 bytes are enough for all we use. */
class Attributes {
  readonly bytes = new Uint8Array(new ArrayBuffer(120));
  private readonly view = new DataView(this.bytes.buffer);

  u32(at: number, value: number): this {
    this.view.setUint32(at, value, true);
    return this;
  }

  pointer(at: number, value: number): this {
    this.view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  call(command: Command, what: string): number {
    return check(bpfCall(SYSCALL, command, this.bytes, this.bytes.length), what);
  }
}

/** An array of `count` 64-bit numbers, that can be mapped into memory (linux 5.5). */
export function createArray(count: number): number {
  return new Attributes()
    .u32(0, MAP_TYPE_ARRAY)
    .u32(4, 4)
    .u32(8, 8)
    .u32(12, count)
    .u32(16, F_MMAPABLE)
    .call(Command.MapCreate, "eBPF map");
}

/** Loads a program. @throws VpatchError with the verifier's last line */
export function loadProgram(type: ProgramType, program: Uint8Array): number {
  const code = copyOf(program);
  const license = copyOf(new TextEncoder().encode("Apache-2.0\0"));
  const log = new ArrayBuffer(LOG_BYTES);
  const attributes = new Attributes()
    .u32(0, type)
    .u32(4, program.length / 8)
    .pointer(8, addressOf(code))
    .pointer(16, addressOf(license))
    .u32(24, 1)
    .u32(28, LOG_BYTES)
    .pointer(32, addressOf(log));
  try {
    return attributes.call(Command.ProgramLoad, "eBPF program");
  } catch (error) {
    const text = Buffer.from(log).toString("latin1").split("\0", 1)[0]!.trim().split("\n").slice(-2).join(" ");
    if (text !== "" && error instanceof Error) error.message += ` (${text})`;
    throw error;
  }
}

/** Gives an object a name in a bpf file system. */
export function pin(fd: number, path: string): void {
  const name = copyOf(Buffer.from(`${path}\0`));
  new Attributes().pointer(0, addressOf(name)).u32(8, fd).call(Command.ObjectPin, `pin ${path}`);
}

/** Attaches a program to an interface (tcx, linux 6.6). The attachment lives as long as the descriptor returned. */
export function attach(program: number, interfaceIndex: number, type: AttachType): number {
  return new Attributes()
    .u32(0, program)
    .u32(4, interfaceIndex)
    .u32(8, type)
    .call(Command.LinkCreate, "attach eBPF program (tcx)");
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(Math.max(72, bytes.length));
  new Uint8Array(copy).set(bytes);
  return copy;
}
