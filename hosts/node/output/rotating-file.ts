/**
 * A file that is rotated by size and by age: `eve.json` becomes `eve.json.1`, that `eve.json.2`, and the oldest goes. It may be moved
 * away by others too: `reopen` follows. A full disk costs lines, counted, and is tried again with every write.
 */
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Destination, DestinationCounts } from "./destination.ts";
import { LineQueue } from "./line-queue.ts";

export interface RotatingFileOptions {
  file: string;
  /** Bytes after which the file is rotated; 0: never. */
  size: number;
  /** Seconds after which the file is rotated, counted in whole intervals since 1970; 0: never. */
  interval: number;
  /** Rotated files that are kept. */
  keep: number;
  /** Permissions of a new file. */
  mode: number;
  /** Add to a file that is there; otherwise it is emptied. */
  append: boolean;
  /** Characters that may wait for the disk. */
  limit?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

const WAITING = 32 << 20;

export class RotatingFile implements Destination {
  readonly name: string;
  readonly #options: RotatingFileOptions;
  readonly #queue: LineQueue;
  readonly #now: () => number;
  #handle: FileHandle | undefined;
  #size = 0;
  #lines = 0;
  #waiting = 0;
  #lost = 0;
  #period = 0;
  #append: boolean;
  #reopen = false;
  #working: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(options: RotatingFileOptions) {
    this.name = `file ${options.file}`;
    this.#options = options;
    this.#queue = new LineQueue(options.limit ?? WAITING);
    this.#now = options.now ?? Date.now;
    this.#append = options.append;
    this.#period = this.#currentPeriod();
  }

  get counts(): DestinationCounts {
    return { lines: this.#lines, dropped: this.#queue.dropped + this.#lost, problem: this.#problem };
  }

  /** Opens the file. @throws the system's error */
  async open(): Promise<void> {
    const { file, mode } = this.#options;
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(file, this.#append ? "a" : "w", mode);
    // From now on a file that is there is ours.
    this.#append = true;
    this.#handle = handle;
    const { size, mtimeMs } = await handle.stat();
    this.#size = size;
    this.#period = this.#currentPeriod(size > 0 ? mtimeMs : undefined);
  }

  write(text: string, count: number): void {
    const before = this.#queue.dropped;
    this.#queue.push(text, count);
    if (this.#queue.dropped === before) this.#waiting += count;
    this.#start();
  }

  reopen(): void {
    this.#reopen = true;
    this.#start();
  }

  async close(patience: number): Promise<void> {
    const end = performance.now() + patience;
    do {
      this.#start();
      await Promise.race([this.#working, pause(end - performance.now())]);
    } while (this.#queue.size > 0 && performance.now() < end);
    await this.#handle?.close().catch(() => {});
    this.#handle = undefined;
  }

  #start(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#queue.size > 0) this.#start();
    });
  }

  async #work(): Promise<void> {
    // What comes in one turn is written in one go.
    await new Promise(setImmediate);
    const text = this.#queue.take();
    const count = this.#waiting;
    this.#waiting = 0;
    try {
      if (this.#reopen) await this.#openAnew();
      if (this.#handle === undefined) await this.open();
      if (text.length > 0) {
        await this.#rotateIfDue();
        await this.#writeAll(Buffer.from(text));
      }
      this.#lines += count;
      this.#problem = undefined;
    } catch (error) {
      this.#lost += count;
      this.#problem = `${(error as NodeJS.ErrnoException).code ?? error}`;
    }
  }

  async #writeAll(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#handle!.write(bytes, at);
      at += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  async #openAnew(): Promise<void> {
    this.#reopen = false;
    await this.#handle?.close().catch(() => {});
    this.#handle = undefined;
    await this.open();
  }

  #currentPeriod(milliseconds = this.#now()): number {
    const { interval } = this.#options;
    return interval > 0 ? Math.floor(milliseconds / 1000 / interval) : 0;
  }

  async #rotateIfDue(): Promise<void> {
    const { size, keep, file } = this.#options;
    const period = this.#currentPeriod();
    const due = (size > 0 && this.#size >= size) || period !== this.#period;
    if (!due) return;
    this.#period = period;
    if (this.#size === 0) return;
    await this.#handle?.close();
    this.#handle = undefined;
    if (keep === 0) await rm(file, { force: true });
    for (let number = keep; number > 0; number--) {
      const from = number === 1 ? file : `${file}.${number - 1}`;
      await rename(from, `${file}.${number}`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
      });
    }
    await this.open();
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
