/** A Linux host in a network namespace of its own: frames go to it and come from it, and it tells what its sockets read (host.py). */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** What a socket read of one connection. */
export interface SocketReading {
  port: number;
  bytes: Buffer;
  /** Up to the end of the stream; otherwise nothing more came. */
  end: boolean;
}

export const CLIENT = "10.9.0.1";
export const SERVER = "10.9.0.2";
export const SERVER_PORT = 8080;

const WAIT_MS = 10_000;

export class LinuxHost {
  /** Called with every frame the host sends. */
  onFrame: (frame: Buffer) => void = () => {};
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly readings = new Map<number, SocketReading>();
  private pending = Buffer.alloc(0);
  private ready = false;
  private failure: Error | undefined;
  private wake: () => void = () => {};

  constructor() {
    const script = fileURLToPath(new URL("host.py", import.meta.url));
    this.child = spawn("unshare", ["--net", "python3", script], { stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdout.on("data", (data: Buffer) => this.take(data));
    this.child.on("exit", (code) => {
      this.failure = new Error(`the host ended with ${code}`);
      this.wake();
    });
  }

  /** Waits until the host is there. */
  start(): Promise<void> {
    return this.until(() => this.ready || undefined).then(() => undefined);
  }

  send(frame: Uint8Array): void {
    this.write("F", frame);
  }

  private write(kind: string, body: Uint8Array): void {
    const head = Buffer.from(`${kind}0000`);
    head.writeUInt32BE(body.length, 1);
    this.child.stdin.write(Buffer.concat([head, body]));
  }

  /** Waits until `found` gives something; undefined when nothing comes. @throws Error when the host has ended */
  async until<T>(found: () => T | undefined): Promise<T | undefined> {
    const limit = Date.now() + WAIT_MS;
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

  stop(): void {
    this.child.removeAllListeners("exit");
    this.child.kill("SIGKILL");
  }

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
    else if (kind === "F") this.onFrame(Buffer.from(body));
    else {
      const { port, bytes, end } = JSON.parse(body.toString()) as { port: number; bytes: string; end: boolean };
      this.readings.set(port, { port, bytes: Buffer.from(bytes, "hex"), end });
    }
  }
}
