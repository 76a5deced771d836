/**
 * A driver without a network: the frames of captures, as if they came in now, over and over, each round from other client ports: its
 * connections are new ones. For tests and to try the agent out.
 * Workers share the captures: each takes every so-manieth file, so a flow stays with one worker.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { LinkType, Verdict } from "../../../assembly/abi/codes.ts";
import { FRAME_SLACK, FrameFlag } from "../../../assembly/abi/frames.ts";
import { decoderOf } from "../capture/reader.ts";
import { ByteWindow } from "../capture/window.ts";
import type { FrameBatch } from "../engine/batch.ts";
import { fileError, VpatchError } from "../errors.ts";
import type { Capture, CaptureOptions, Driver, DriverModule, DriverProbe, DriverStats, QueuePlan } from "./driver.ts";

/** Frames a second and worker. */
const RATE = 2000;

/** Client ports of the rounds. */
const FIRST_PORT = 16_384;
const PORTS = 49_152;

interface StoredFrame {
  linkType: number;
  data: Uint8Array;
  /** The greater of the ports, and its offset in the frame. */
  clientPort: { port: number; at: number } | undefined;
}

class ReplayDriver implements Driver {
  readonly inline = true;
  readonly descriptors = [];
  readonly stats: DriverStats = {
    frames: 0,
    bytes: 0,
    passed: 0,
    dropped: 0,
    rejected: 0,
    modified: 0,
    errors: 0,
    oversized: 0,
    lost: 0,
  };
  readonly #frames: readonly StoredFrame[];
  readonly #pause = new Int32Array(new SharedArrayBuffer(4));
  readonly #start = performance.now();
  #sent = 0;
  #lengths: number[] = [];

  constructor(files: readonly string[]) {
    this.#frames = files.flatMap(readFrames);
  }

  receive(batch: FrameBatch, timeout: number): number {
    let due = this.#due();
    if (due === 0) {
      // Nothing wakes it: it looks often enough.
      Atomics.wait(this.#pause, 0, 0, Math.min(timeout, 5));
      due = this.#due();
    }
    const now = Date.now() * 1000;
    this.#lengths = [];
    for (; due > 0 && batch.count < batch.slots; due--) {
      const { linkType, data, clientPort } = this.#frames[this.#sent % this.#frames.length]!;
      if (data.length + FRAME_SLACK > batch.areaBytes) throw new RangeError("a frame does not fit into the frame area");
      const address = batch.take(data.length);
      if (address === 0) break;
      batch.bytes.set(data, address);
      if (clientPort) {
        const port = FIRST_PORT + ((clientPort.port + Math.floor(this.#sent / this.#frames.length)) % PORTS);
        batch.view.setUint16(address + clientPort.at, port);
      }
      this.#sent++;
      // With another port the checksum no longer holds.
      batch.place(address, data.length, now, this.#sent, linkType, FrameFlag.PartialChecksum);
      this.#lengths.push(data.length);
    }
    return batch.count;
  }

  settle(_batch: FrameBatch, verdicts: Uint8Array): void {
    const { stats } = this;
    for (const [index, length] of this.#lengths.entries()) {
      const verdict = verdicts[index];
      stats.frames++;
      stats.bytes += length;
      if (verdict === Verdict.Drop) stats.dropped++;
      else if (verdict === Verdict.Reject) stats.rejected++;
      else stats.passed++;
      if (verdict === Verdict.Modified) stats.modified++;
    }
  }

  beat(): void {}

  close(): void {}

  #due(): number {
    if (this.#frames.length === 0) return 0;
    return Math.floor(((performance.now() - this.#start) / 1000) * RATE) - this.#sent;
  }
}

function readFrames(file: string): StoredFrame[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw fileError(cause, file);
  }
  const window = new ByteWindow(file);
  window.append(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes);
  const decoder = decoderOf(window);
  const frames: StoredFrame[] = [];
  for (let frame = decoder?.next(); frame; frame = decoder?.next()) {
    const { linkType } = frame;
    const data = frame.data.slice();
    frames.push({ linkType, data, clientPort: linkType === LinkType.Ethernet ? clientPortOf(data) : undefined });
  }
  return frames;
}

/** The client's port of a frame that carries TCP or UDP straight in an unfragmented IP packet. */
function clientPortOf(data: Uint8Array): StoredFrame["clientPort"] {
  if (data.length < 38) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const etherType = view.getUint16(12);
  if (etherType !== 0x0800 && etherType !== 0x86dd) return undefined;
  const ipv4 = etherType === 0x0800;
  const protocol = view.getUint8(ipv4 ? 23 : 20);
  if ((protocol !== 6 && protocol !== 17) || (ipv4 && (view.getUint16(20) & 0x3fff) !== 0)) return undefined;
  const at = ipv4 ? 14 + 4 * (view.getUint8(14) & 15) : 54;
  if (at + 4 > data.length) return undefined;
  const [source, destination] = [view.getUint16(at), view.getUint16(at + 2)];
  return source > destination ? { port: source, at } : { port: destination, at: at + 2 };
}

/** The replay of captures, which stand in the place of interfaces. */
export const replayModule: DriverModule = {
  probe(_driver, { interfaces }): DriverProbe {
    const missing = interfaces.length === 0 ? ["a capture"] : [];
    return { driver: "replay", inline: true, usable: missing.length === 0, missing };
  },
  cleanUp: () => [],
  prepare(driver, options): Capture {
    const { missing } = replayModule.probe(driver, options);
    if (missing.length > 0) throw new VpatchError("VPATCH_DRIVER", `the driver replay needs ${missing.join(", ")}`);
    for (const file of options.interfaces) readFrames(file);
    return {
      driver: "replay",
      inline: true,
      queues: Array.from({ length: options.workers }, (_, index) => planOf(index, options)),
      engage() {},
      disengage() {},
      wake() {},
      stats: () => ({ bypassed: 0, lost: 0 }),
      close() {},
    };
  },
  openDriver: ({ interfaces, index, workers }) =>
    new ReplayDriver(interfaces.map(({ name }) => name).filter((_, number) => number % workers === index)),
};

function planOf(index: number, { interfaces, workers, failure, heartbeat = 300 }: CaptureOptions): QueuePlan {
  return {
    driver: "replay",
    inline: true,
    index,
    workers,
    interfaces: interfaces.map((name, number) => ({ name, index: number })),
    failure,
    heartbeat,
    wake: -1,
    fds: {},
    numbers: {},
  };
}
