/** Compiles an AssemblyScript entry on its own and gives typed access to its exports and a scratch area of its memory. */
import asc from "assemblyscript/asc";

export interface Room {
  /** The entry's exports: numbers in and out (`usize`, `u32`, `bool`). */
  readonly call: Record<string, (...args: number[]) => number>;
  /** A fresh, zeroed, 16-byte aligned piece of memory. */
  alloc(bytes: number): number;
  write(address: number, data: Uint8Array): void;
  read(address: number, length: number): Buffer;
  u32(address: number): number;
}

export async function buildRoom(entry: string): Promise<Room> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [entry, "--config", "asconfig.json", "--target", "release", "--outFile", "room.wasm"],
    {
      writeFile(name: string, data: Uint8Array | string) {
        if (name.endsWith(".wasm")) binary = data as Uint8Array;
      },
    },
  );
  if (error || !binary) throw new Error(`${entry} does not compile: ${stderr.toString()}`);
  const { instance } = await WebAssembly.instantiate(binary as BufferSource, {
    env: {
      abort() {
        throw new Error(`${entry} aborted`);
      },
    },
  });
  const memory = instance.exports["memory"] as WebAssembly.Memory;
  let top = memory.buffer.byteLength;
  return {
    call: instance.exports as Record<string, (...args: number[]) => number>,
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
    u32(address) {
      return new DataView(memory.buffer).getUint32(address, true);
    },
  };
}
