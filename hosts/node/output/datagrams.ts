/** Lines as datagrams, one each: to a Unix datagram socket, and the carrier of syslog. */
import type { Destination, DestinationCounts } from "./destination.ts";
import { linesOf } from "./destination.ts";
import { LineQueue } from "./line-queue.ts";

/** Sends one datagram, at once or not at all. */
export interface DatagramSender {
  send(data: Uint8Array): "sent" | "busy" | "absent" | "large";
  close(): void;
}

const WAITING = 8 << 20;
const RETRY = 5;

export class DatagramLines implements Destination {
  readonly name: string;
  readonly #sender: DatagramSender;
  readonly #queue: LineQueue;
  readonly #envelope: (line: string) => string;
  #lines = 0;
  #lost = 0;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param envelope what is sent of a line */
  constructor(name: string, sender: DatagramSender, envelope: (line: string) => string, limit = WAITING) {
    this.name = name;
    this.#sender = sender;
    this.#envelope = envelope;
    this.#queue = new LineQueue(limit);
  }

  get counts(): DestinationCounts {
    return { lines: this.#lines, dropped: this.#queue.dropped + this.#lost, problem: this.#problem };
  }

  write(text: string): void {
    for (const line of linesOf(text)) this.#queue.push(line);
    if (this.#timer === undefined) this.#drain();
  }

  reopen(): void {}

  async close(patience: number): Promise<void> {
    for (const end = Date.now() + patience; this.#queue.size > 0 && Date.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, RETRY));
      this.#drain();
    }
    clearTimeout(this.#timer);
    this.#sender.close();
  }

  #drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let line = this.#queue.peek(); line !== undefined; line = this.#queue.peek()) {
      const result = this.#sender.send(Buffer.from(this.#envelope(line)));
      if (result === "busy") {
        // The receiver is slow: it gets what the queue holds when it has room again.
        this.#timer = setTimeout(() => this.#drain(), RETRY);
        this.#timer.unref();
        return;
      }
      this.#queue.shift();
      if (result === "sent") this.#lines++;
      else this.#lost++;
      this.#problem = result === "sent" ? undefined : problems[result];
    }
  }
}

const problems = { absent: "nobody receives", large: "a line is longer than a datagram" } as const;
