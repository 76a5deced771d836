/** A small deterministic generator (xorshift32), so that every failure can be repeated from its seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x2545f491) | 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** An unsigned 32-bit number. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bytes(length: number): Buffer {
    const data = Buffer.alloc(length);
    for (let i = 0; i < length; i++) data[i] = this.next() >>> 24;
    return data;
  }
}
