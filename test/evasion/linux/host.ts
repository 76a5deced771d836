/**
 * A Linux host whose sockets tell what they read (host.py): in a network namespace of its own, or a User Mode Linux, whose kernel has a
 * device for each tag and tunnel. Frames go to it and come from it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";

/** What a socket read of one connection. */
export interface SocketReading {
  port: number;
  bytes: Buffer;
  /** Up to the end of the stream; otherwise nothing more came. */
  end: boolean;
}

export const SERVER_PORT = 8080;

const WAIT_MS = 10_000;
/** For a guest on a busy machine. */
const START_MS = 60_000;
const END_MS = 5000;
const SCRIPT = fileURLToPath(new URL("host.py", import.meta.url));
const GUEST = { kernel: "/usr/bin/linux.uml", modules: "/usr/lib/uml/modules" };
/** The descriptor of the records, and where a guest's serial line leads. */
const LINE = 3;

/** A serial line of User Mode Linux that has once been told to wait stays silent: it never gets more than its terminal can hold, 4096. */
const UNDERWAY_BYTES = 2048;

export type Kind = "namespace" | "guest";

/** Why there can be no such host; undefined when there can. */
export function missing(kind: Kind): string | undefined {
  return kind === "namespace" || existsSync(GUEST.kernel)
    ? undefined
    : `no ${GUEST.kernel}: apt install user-mode-linux`;
}

function commandOf(kind: Kind): string[] {
  if (kind === "namespace") return ["unshare", "--net", "python3", SCRIPT];
  const machine = ["mem=192M", "rootfstype=hostfs", "rootflags=/", "ro", "quiet", "con=null", "con0=null,fd:2"];
  const start = ["init=/usr/bin/python3", "--", "-B", SCRIPT, "guest", GUEST.modules];
  return [GUEST.kernel, ...machine, `ssl0=fd:${LINE}`, ...start];
}

export class LinuxHost {
  /** Called with every frame the host sends. */
  onFrame: (frame: Buffer) => void = () => {};
  private readonly child: ChildProcess;
  private readonly line: Duplex;
  private readonly readings = new Map<number, SocketReading>();
  private pending = Buffer.alloc(0);
  private readonly waiting: Buffer[] = [];
  private underway = 0;
  private readonly said: Buffer[] = [];
  private ready = false;
  private failure: Error | undefined;
  private wake: () => void = () => {};

  constructor(kind: Kind) {
    const [program = "", ...words] = commandOf(kind);
    // The kernel of a guest says much while it starts, which is of interest when it fails.
    this.child = spawn(program, words, { detached: true, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    process.once("exit", this.kill);
    for (const output of [this.child.stdout!, this.child.stderr!])
      output.on("data", (said: Buffer) => this.said.push(said));
    this.line = this.child.stdio[LINE] as Duplex;
    this.line.on("data", (data: Buffer) => this.take(data));
    this.line.on("error", (error) => this.fail(error));
    this.child.on("exit", (code) => this.fail(new Error(`the host ended with ${code}: ${Buffer.concat(this.said)}`)));
  }

  /** Waits until the host is there. @throws Error when it is not */
  async start(): Promise<void> {
    if (!(await this.until(() => this.ready || undefined, START_MS))) {
      throw new Error(`the host does not get ready: ${Buffer.concat(this.said)}`);
    }
  }

  send(frame: Uint8Array): void {
    this.write("F", frame);
  }

  private write(kind: string, body: Uint8Array): void {
    const head = Buffer.from(`${kind}0000`);
    head.writeUInt32BE(body.length, 1);
    this.waiting.push(Buffer.concat([head, body]));
    this.flush();
  }

  /** Sends records as long as the host has taken most of those before. */
  private flush(): void {
    for (;;) {
      const [next] = this.waiting;
      if (!next || (this.underway > 0 && this.underway + next.length > UNDERWAY_BYTES)) return;
      this.line.write(next);
      this.underway += next.length;
      this.waiting.shift();
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  /** Waits until `found` gives something; undefined when nothing comes. @throws Error when the host has ended */
  async until<T>(found: () => T | undefined, wait = WAIT_MS): Promise<T | undefined> {
    const limit = Date.now() + wait;
    for (;;) {
      if (this.failure) throw this.failure;
      const result = found();
      if (result !== undefined || Date.now() > limit) return result;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, 20);
      });
    }
  }

  /** What the socket read of the connection from `port`, now that all frames were sent. */
  reading(port: number): Promise<SocketReading | undefined> {
    this.write("D", Buffer.from([port >> 8, port & 255]));
    return this.until(() => this.readings.get(port));
  }

  /** The host ends by itself when no more records can come; one that is stuck is killed with its processes. */
  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.child.once("exit", () => resolve()));
    this.line.end();
    if (this.child.exitCode !== null) return;
    const late = setTimeout(this.kill, END_MS);
    await ended;
    clearTimeout(late);
    process.off("exit", this.kill);
  }

  private readonly kill = (): void => {
    if (this.child.exitCode === null) process.kill(-this.child.pid!, "SIGKILL");
  };

  private take(data: Buffer): void {
    this.pending = Buffer.concat([this.pending, data]);
    while (this.pending.length >= 5) {
      const end = 5 + this.pending.readUInt32BE(1);
      if (this.pending.length < end) break;
      const kind = String.fromCharCode(this.pending[0]!);
      this.record(kind, this.pending.subarray(5, end));
      this.pending = this.pending.subarray(end);
    }
    this.wake();
  }

  private record(kind: string, body: Buffer): void {
    if (kind === "S") this.ready = true;
    else if (kind === "T") {
      this.underway -= body.readUInt32BE(0);
      this.flush();
    } else if (kind === "F") this.onFrame(Buffer.from(body));
    else {
      const { port, bytes, end } = JSON.parse(body.toString()) as { port: number; bytes: string; end: boolean };
      this.readings.set(port, { port, bytes: Buffer.from(bytes, "hex"), end });
    }
  }
}
