/** A room of the core with typed access to its exports and a scratch area of its memory. */
import { buildRoom } from "../core-room.ts";

export interface Room {
  /** The entry's exports: numbers in and out (`usize`, `u32`, `bool`). */
  readonly call: Record<string, (...args: number[]) => number>;
  /** A fresh, zeroed, 16-byte aligned piece of memory. */
  alloc(bytes: number): number;
  write(address: number, data: Uint8Array): void;
  read(address: number, length: number): Buffer;
}

export async function openRoom(entry: string): Promise<Room> {
  const { exports } = await buildRoom(entry);
  const memory = exports["memory"] as WebAssembly.Memory;
  let top = memory.buffer.byteLength;
  return {
    call: exports as Record<string, (...args: number[]) => number>,
    alloc(bytes) {
      const at = top;
      top += (bytes + 15) & ~15;
      const missing = top - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / 65536));
      return at;
    },
    write(address, data) {
      new Uint8Array(memory.buffer).set(data, address);
    },
    read(address, length) {
      return Buffer.from(new Uint8Array(memory.buffer, address, length));
    },
  };
}
