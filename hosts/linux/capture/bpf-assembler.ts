/**
 * An assembler for eBPF (RFC 9669), as far as the drivers need it: registers r0 to r10, loads, stores, jumps to labels, calls.
 *
 *     an instruction: u8 opcode, u8 source << 4 | destination, i16 offset, i32 immediate
 */

/** Helper functions of the kernel (linux/bpf.h, enum bpf_func_id). */
export const enum Helper {
  MapLookup = 1,
  KtimeGetNs = 5,
  Redirect = 23,
}

type Jump = "==" | "!=" | ">";
const JUMPS: Readonly<Record<Jump, number>> = { "==": 0x10, "!=": 0x50, ">": 0x20 };

interface Target {
  /** Index of the instruction. */
  at: number;
  label: string;
}

export class BpfAssembler {
  private readonly words: number[][] = [];
  private readonly labels = new Map<string, number>();
  private readonly targets: Target[] = [];

  /** dst = value */
  set(destination: number, value: number): this {
    return this.emit(0xb7, destination, 0, 0, value);
  }

  /** dst = src */
  move(destination: number, source: number): this {
    return this.emit(0xbf, destination, source, 0, 0);
  }

  /** dst += value */
  add(destination: number, value: number): this {
    return this.emit(0x07, destination, 0, 0, value);
  }

  /** dst -= src */
  subtract(destination: number, source: number): this {
    return this.emit(0x1f, destination, source, 0, 0);
  }

  /** dst = *(u32 *)(src + offset) */
  load32(destination: number, source: number, offset: number): this {
    return this.emit(0x61, destination, source, offset, 0);
  }

  /** dst = *(u64 *)(src + offset) */
  load64(destination: number, source: number, offset: number): this {
    return this.emit(0x79, destination, source, offset, 0);
  }

  /** *(u32 *)(dst + offset) = src */
  store32(destination: number, offset: number, source: number): this {
    return this.emit(0x63, destination, source, offset, 0);
  }

  /** *(u32 *)(dst + offset) = value */
  storeValue32(destination: number, offset: number, value: number): this {
    return this.emit(0x62, destination, 0, offset, value);
  }

  /** lock *(u64 *)(dst + offset) += src */
  atomicAdd64(destination: number, offset: number, source: number): this {
    return this.emit(0xdb, destination, source, offset, 0);
  }

  /** dst = the map of this descriptor */
  map(destination: number, fd: number): this {
    this.emit(0x18, destination, 1, 0, fd);
    return this.emit(0, 0, 0, 0, 0);
  }

  call(helper: Helper): this {
    return this.emit(0x85, 0, 0, 0, helper);
  }

  exit(): this {
    return this.emit(0x95, 0, 0, 0, 0);
  }

  /** Jumps to a label when register compares to a 32-bit value, unsigned. */
  jumpValue(register: number, jump: Jump, value: number, label: string): this {
    this.targets.push({ at: this.words.length, label });
    return this.emit(0x05 | JUMPS[jump], register, 0, 0, value);
  }

  /** Jumps to a label when register compares to another, unsigned 64 bits. */
  jumpRegister(register: number, jump: Jump, other: number, label: string): this {
    this.targets.push({ at: this.words.length, label });
    return this.emit(0x0d | JUMPS[jump], register, other, 0, 0);
  }

  label(name: string): this {
    this.labels.set(name, this.words.length);
    return this;
  }

  /** The program. @throws Error when a label is missing: a defect of the program text */
  assemble(): Uint8Array {
    const bytes = new Uint8Array(this.words.length * 8);
    const view = new DataView(bytes.buffer);
    for (const { at, label } of this.targets) {
      const to = this.labels.get(label);
      if (to === undefined) throw new Error(`no label ${label}`);
      this.words[at]![2] = to - at - 1;
    }
    for (const [index, [opcode, registers, offset, immediate]] of this.words.entries()) {
      view.setUint8(index * 8, opcode!);
      view.setUint8(index * 8 + 1, registers!);
      view.setInt16(index * 8 + 2, offset!, true);
      view.setInt32(index * 8 + 4, immediate! | 0, true);
    }
    return bytes;
  }

  private emit(opcode: number, destination: number, source: number, offset: number, immediate: number): this {
    this.words.push([opcode, (source << 4) | destination, offset, immediate]);
    return this;
  }
}
