/** Lines that wait for a slow destination: bounded in bytes; what does not fit is dropped and counted, never waited for. */

export class LineQueue {
  /** Lines given up because the queue was full or the destination refused them. */
  dropped = 0;
  #lines: string[] = [];
  #next = 0;
  #bytes = 0;
  readonly #limit: number;

  /** @param limit characters held at most */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#lines.length - this.#next;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a text of `count` lines, as one unit. */
  push(text: string, count = 1): void {
    if (this.#bytes + text.length > this.#limit) {
      this.dropped += count;
      return;
    }
    this.#lines.push(text);
    this.#bytes += text.length;
  }

  /** The first unit, which stays. */
  peek(): string | undefined {
    return this.#lines[this.#next];
  }

  shift(): string | undefined {
    const line = this.#lines[this.#next];
    if (line === undefined) return undefined;
    this.#bytes -= line.length;
    this.#next++;
    if (this.#next > 1024 || this.#next === this.#lines.length) {
      this.#lines = this.#lines.slice(this.#next);
      this.#next = 0;
    }
    return line;
  }

  /** Everything that waits, as one text. */
  take(): string {
    const text = this.#lines.slice(this.#next).join("");
    this.#lines = [];
    this.#next = 0;
    this.#bytes = 0;
    return text;
  }
}
