import type { FileTree } from "./file-tree.ts";

const windowSize = 1 << 18;
const windowLimit = 16;

/** Random access to a large file through a few cached windows: a database of 200 MB costs 4 MB of memory. */
export class ByteSource {
  readonly length: number;
  readonly #windows = new Map<number, Uint8Array>();
  readonly #tree: FileTree;
  readonly #path: string;

  constructor(tree: FileTree, path: string) {
    this.#tree = tree;
    this.#path = path;
    this.length = tree.size(path);
  }

  /** Exactly `length` bytes, or a `RangeError` that names the file. */
  bytes(offset: number, length: number): Buffer {
    if (offset < 0 || length < 0 || offset + length > this.length) {
      throw new RangeError(`${this.#path}: cut off: needs ${length} bytes at ${offset}, has ${this.length}`);
    }
    const out = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const at = offset + done;
      const window = this.#window(Math.floor(at / windowSize));
      const from = at % windowSize;
      const count = Math.min(length - done, window.length - from);
      if (count <= 0) throw new RangeError(`${this.#path}: changed while it was read`);
      out.set(window.subarray(from, from + count), done);
      done += count;
    }
    return out;
  }

  #window(index: number): Uint8Array {
    const known = this.#windows.get(index);
    if (known) return known;
    const read = this.#tree.readAt(this.#path, index * windowSize, windowSize) ?? new Uint8Array();
    const oldest = this.#windows.keys().next();
    if (this.#windows.size >= windowLimit && !oldest.done) this.#windows.delete(oldest.value);
    this.#windows.set(index, read);
    return read;
  }
}
