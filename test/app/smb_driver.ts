/** Drives the SMB and the DCERPC parser, and writes their messages. */
import { buildRoom } from "../core-room.ts";

const INPUT_BYTES = 1 << 20;

export class Dialogue {
  readonly core: Record<string, (...args: number[]) => number>;
  private readonly memory: WebAssembly.Memory;
  private readonly input: number;
  private readonly protocol: "smb" | "dcerpc";
  state = 0;

  static async create(protocol: "smb" | "dcerpc"): Promise<Dialogue> {
    return new Dialogue(await buildRoom("test/app/smb.core.ts"), protocol);
  }

  private constructor(room: WebAssembly.Instance, protocol: "smb" | "dcerpc") {
    this.protocol = protocol;
    this.core = room.exports as Record<string, (...args: number[]) => number>;
    this.memory = room.exports["memory"] as WebAssembly.Memory;
    this.core["configureHeap"]!(16 << 20);
    this.input = this.memory.buffer.byteLength;
    this.memory.grow(INPUT_BYTES / 65536 + 1);
  }

  open(transport = 6): void {
    this.state = this.core[`${this.protocol}Open`]!(transport);
    this.core["transport"]!(this.state, transport);
  }

  /** Bytes consumed, or -1. */
  feed(direction: 0 | 1, data: Buffer, flags = 0): number {
    new Uint8Array(this.memory.buffer).set(data, this.input);
    return this.core[`${this.protocol}Parse`]!(this.state, direction, this.input, data.length, flags);
  }

  gap(direction: 0 | 1, length: number): number {
    return this.core[`${this.protocol}Parse`]!(this.state, direction, 0, length, 4);
  }

  close(): void {
    this.core[`${this.protocol}Close`]!(this.state);
  }

  /** Bytes the parser holds in all accounts. */
  held(): number {
    let sum = 0;
    for (let account = 0; account < 6; account++) sum += this.core["usedBy"]!(account);
    return sum;
  }

  transactions(): number[] {
    const all: number[] = [];
    for (let tx = this.core["oldest"]!(this.state); tx !== 0; tx = this.core["next"]!(tx)) all.push(tx);
    return all;
  }

  /** A buffer as Latin-1 text, of the first transaction that has it; undefined when it is absent. */
  buffer(buffer: number, direction: 0 | 1): string | undefined {
    for (const tx of this.transactions()) {
      if (!this.core[`${this.protocol}Buffer`]!(this.state, tx, buffer, direction, 0)) continue;
      const at = this.core["data"]!();
      return Buffer.from(this.memory.buffer, at, this.core["length"]!()).toString("latin1");
    }
    return undefined;
  }
}

/** A session message around a record. */
export function session(record: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(record.length);
  return Buffer.concat([head, record]);
}

/** An SMB 2 record. */
export function smb2(command: number, response: boolean, message: number, body: Buffer, tree = 5): Buffer {
  const head = Buffer.alloc(64);
  head.write("\xfeSMB", "latin1");
  head.writeUInt16LE(64, 4);
  head.writeUInt16LE(command, 12);
  head.writeUInt32LE(response ? 1 : 0, 16);
  head.writeBigUInt64LE(BigInt(message), 24);
  head.writeUInt32LE(tree, 36);
  head.writeBigUInt64LE(7n, 40);
  return Buffer.concat([head, body]);
}

function utf16(text: string): Buffer {
  return Buffer.from(text, "utf16le");
}

export function treeConnect(share: string): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(9);
  body.writeUInt16LE(72, 4);
  body.writeUInt16LE(share.length * 2, 6);
  return Buffer.concat([body, utf16(share)]);
}

export function treeConnected(type: number): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(16);
  body[2] = type;
  return body;
}

export function create(name: string): Buffer {
  const body = Buffer.alloc(56);
  body.writeUInt16LE(57);
  body.writeUInt16LE(120, 44);
  body.writeUInt16LE(name.length * 2, 46);
  return Buffer.concat([body, utf16(name)]);
}

export function created(): Buffer {
  const body = Buffer.alloc(88);
  body.writeUInt16LE(89);
  body.fill(0xab, 64, 80);
  return body;
}

export function write(data: Buffer, offset = 0): Buffer {
  const body = Buffer.alloc(48);
  body.writeUInt16LE(49);
  body.writeUInt16LE(112, 2);
  body.writeUInt32LE(data.length, 4);
  body.writeBigUInt64LE(BigInt(offset), 8);
  body.fill(0xab, 16, 32);
  return Buffer.concat([body, data]);
}

export function close(): Buffer {
  const body = Buffer.alloc(24);
  body.writeUInt16LE(24);
  body.fill(0xab, 8, 24);
  return body;
}

/** A DCE/RPC PDU, little-endian. */
export function pdu(type: number, call: number, body: Buffer, flags = 3): Buffer {
  const head = Buffer.alloc(16);
  head[0] = 5;
  head[2] = type;
  head[3] = flags;
  head[4] = 0x10;
  head.writeUInt16LE(16 + body.length, 8);
  head.writeUInt32LE(call, 12);
  return Buffer.concat([head, body]);
}

export function bind(): Buffer {
  const body = Buffer.alloc(12 + 44);
  body[8] = 1;
  body[14] = 1;
  body.fill(0x11, 16, 32);
  body.writeUInt16LE(1, 32);
  return body;
}

export function bindAck(): Buffer {
  const body = Buffer.alloc(16 + 24);
  body.writeUInt16LE(4, 8);
  body.write("135\0", 10, "latin1");
  return Buffer.concat([body.subarray(0, 16), Buffer.from([1, 0, 0, 0]), Buffer.alloc(24)]);
}

export function request(opnum: number, stub: string): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(opnum, 6);
  return Buffer.concat([body, Buffer.from(stub, "latin1")]);
}
