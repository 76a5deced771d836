/** EVE to a Unix stream socket that another program listens on; it may come and go. */
import { connect, type Socket } from "node:net";
import type { Destination, DestinationCounts } from "./destination.ts";

const WAITING = 8 << 20;
const RETRY = 1000;

export class UnixStream implements Destination {
  readonly name: string;
  readonly counts: DestinationCounts = { lines: 0, dropped: 0 };
  readonly #path: string;
  readonly #limit: number;
  #socket: Socket | undefined;
  #connected = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param limit bytes that may wait for the reader */
  constructor(path: string, limit = WAITING) {
    this.name = `unix_stream ${path}`;
    this.#path = path;
    this.#limit = limit;
    this.#connect();
  }

  write(text: string, count: number): void {
    const socket = this.#socket;
    if (!socket || !this.#connected || socket.writableLength + text.length > this.#limit) {
      this.counts.dropped += count;
      return;
    }
    socket.write(text);
    this.counts.lines += count;
  }

  reopen(): void {
    if (!this.#connected) this.#connect();
  }

  async close(patience: number): Promise<void> {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      if (this.#connected) socket.end(() => socket.destroy());
      else socket.destroy();
    });
    socket.destroy();
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#socket?.destroy();
    const socket = connect(this.#path);
    this.#socket = socket;
    this.#connected = false;
    socket.on("connect", () => {
      this.#connected = true;
      this.counts.problem = undefined;
    });
    // What a reader says is not for us, but must be read: else its end is never seen.
    socket.resume();
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.counts.problem = error.code ?? error.message;
    });
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#connected = false;
      this.#timer = setTimeout(() => this.#connect(), RETRY);
      this.#timer.unref();
    });
  }
}
