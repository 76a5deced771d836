/** Buffer records of the database: a base buffer with its transforms, each combination once. Index 0 is no buffer. */
import { BufferRecord, TransformRecord } from "../../assembly/abi/lists.ts";
import type { BufferUse } from "../signature/builder.ts";
import { type BytePool, Growing } from "./bytes.ts";

export class BufferWriter {
  readonly #pool: BytePool;
  readonly #out = new Growing(1024);
  readonly #known = new Map<string, number>();

  constructor(pool: BytePool) {
    this.#pool = pool;
    this.#out.reserve(BufferRecord.size);
  }

  index({ definition, transforms }: BufferUse): number {
    if (definition.id === 0) return 0;
    const list = new Growing(64);
    for (const { op, argument } of transforms) {
      const at = list.reserve(TransformRecord.size);
      list.u16(at + TransformRecord.op, op);
      list.u16(at + TransformRecord.argumentLength, argument.length);
      list.u32(at + TransformRecord.argument, argument.length === 0 ? 0 : this.#pool.intern(argument, 8));
    }
    const key = `${definition.id} ${Buffer.from(list.bytes).toString("latin1")}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const at = this.#out.reserve(BufferRecord.size);
    this.#out.u16(at + BufferRecord.base, definition.id);
    this.#out.u16(at + BufferRecord.transforms, transforms.length);
    this.#out.u32(
      at + BufferRecord.transformList,
      transforms.length === 0 ? 0 : this.#pool.intern(list.bytes.slice(), 8),
    );
    const index = at / BufferRecord.size;
    this.#known.set(key, index);
    return index;
  }

  get bytes(): Uint8Array {
    return this.#out.bytes;
  }
}
