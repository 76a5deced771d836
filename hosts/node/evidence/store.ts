/**
 * The evidence folder of a running agent: files are written aside, one after another, so many a minute, and the oldest give way when there are
 * too many or they take too much room.
 */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileError } from "../errors.ts";
import { encodeEvidence } from "./container.ts";
import type { NamedEvidence } from "./crash.ts";

export interface StoreOptions {
  folder: string;
  /** Files kept at most. */
  files: number;
  /** Bytes of files kept at most. */
  bytes: number;
  /** Files written within a minute at most. */
  perMinute: number;
  /** Told when a file cannot be written, once for each cause. */
  onProblem: (message: string) => void;
  /** Milliseconds; left out: `Date.now`. */
  now?: () => number;
}

export interface StoreCounts {
  /** Files written since the start. */
  written: number;
  /** Evidence that was not kept: more than `perMinute`, or the disk does not keep up. */
  omitted: number;
  /** Files there are. */
  files: number;
  bytes: number;
  /** Why the last file could not be written. */
  problem?: string;
}

const MINUTE = 60_000;
/** Bytes that may wait to be written. */
const MOST_WAITING = 32 << 20;
/** Ends the name of a file that is being written. */
const PART = ".part";
/** Names that evidence has (`evidenceName`): others are not ours to remove. */
const NAME = /^\d{8}T\d{6}\.\d{3}Z-[\w.-]+\.pcapng$/;

export class EvidenceStore {
  readonly #options: StoreOptions;
  readonly #now: () => number;
  /** Size of each file, the oldest first. */
  readonly #files = new Map<string, number>();
  #bytes = 0;
  #waiting = 0;
  #written = 0;
  #omitted = 0;
  #minute = 0;
  #thisMinute = 0;
  #problem: string | undefined;
  #last: Promise<void> = Promise.resolve();

  /** Makes the folder; files of earlier runs count. @throws VpatchError when it cannot be made */
  constructor(options: StoreOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const { folder } = options;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      for (const name of readdirSync(folder).sort()) {
        if (NAME.test(name)) this.#count(name, statSync(join(folder, name)).size);
        else if (name.endsWith(`.pcapng${PART}`)) rmSync(join(folder, name));
      }
    } catch (cause) {
      throw fileError(cause, folder);
    }
    this.#makeRoom();
  }

  get counts(): StoreCounts {
    return {
      written: this.#written,
      omitted: this.#omitted,
      files: this.#files.size,
      bytes: this.#bytes,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
    };
  }

  /** Takes evidence to be written. Path of the file it will be; `undefined` when it is not kept. */
  keep({ name, evidence }: NamedEvidence): string | undefined {
    const minute = Math.floor(this.#now() / MINUTE);
    if (minute !== this.#minute) this.#thisMinute = 0;
    this.#minute = minute;
    if (this.#thisMinute >= this.#options.perMinute || this.#waiting > MOST_WAITING) {
      this.#omitted++;
      return undefined;
    }
    this.#thisMinute++;
    const bytes = encodeEvidence(evidence);
    const free = this.#freeName(name);
    const file = join(this.#options.folder, free);
    this.#waiting += bytes.length;
    this.#count(free, bytes.length);
    this.#last = this.#last.then(() => this.#write(free, bytes));
    return file;
  }

  /** Settled when everything is written. */
  async close(): Promise<void> {
    await this.#last;
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    const file = join(this.#options.folder, name);
    try {
      // One that has given way already is not written at all; one that is there is there as a whole.
      if (this.#files.has(name)) {
        await writeFile(`${file}${PART}`, bytes, { mode: 0o600 });
        await rename(`${file}${PART}`, file);
      }
      this.#written++;
    } catch (cause) {
      const { message } = fileError(cause, file) as Error;
      if (message !== this.#problem) this.#options.onProblem(`evidence is not kept: ${file}: ${message}`);
      this.#problem = message;
    }
    this.#waiting -= bytes.length;
    this.#makeRoom();
  }

  #count(name: string, size: number): void {
    this.#files.set(name, size);
    this.#bytes += size;
  }

  /** Two workers may find evidence in the same moment. */
  #freeName(name: string): string {
    let free = name;
    for (let number = 2; this.#files.has(free); number++) free = name.replace(".pcapng", `-${number}.pcapng`);
    return free;
  }

  /** The oldest files go until there is room. */
  #makeRoom(): void {
    const { folder, files, bytes } = this.#options;
    for (const [name, size] of this.#files) {
      if (this.#files.size <= files && this.#bytes <= bytes) return;
      rmSync(join(folder, name), { force: true });
      this.#files.delete(name);
      this.#bytes -= size;
    }
  }
}
