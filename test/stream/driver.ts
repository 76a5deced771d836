/** Drives the stream room with segments written by hand, and says what it did with each. */
import { Setting } from "../../assembly/abi/settings.ts";
import { StreamEvent } from "../../assembly/abi/stream_events.ts";
import { buildRoom } from "../core-room.ts";

/** What one packet is; numbers are those on the wire. */
export interface TestSegment {
  /** 0 from the client, 1 from the server. */
  direction: number;
  /** Letters of FSRPAU. */
  flags: string;
  seq: number;
  ack?: number;
  window?: number;
  data?: Uint8Array;
  windowScale?: number;
  timestamps?: [number, number];
  sack?: [number, number][];
  sackPermitted?: boolean;
  fastOpen?: boolean;
  md5?: boolean;
  urgent?: number;
  badChecksum?: boolean;
  pseudo?: boolean;
  /** Seconds. */
  time?: number;
}

/** A piece of a stream handed to the app layer or to raw inspection. */
export interface Piece {
  direction: number;
  offset: number;
  length: number;
  data: Buffer;
  /** StreamFlag bits. */
  flags: number;
}

export interface Outcome {
  state: string;
  events: string[];
  app: Piece[];
  raw: Piece[];
  flags: number;
  direction: number;
  action: number;
  reason: number;
  flowState: number;
  payload: Buffer;
  /** Where the packet's urgent pointer stands when it leaves; -1 without one. */
  urgent: number;
}

const STATES = [
  "none",
  "syn_sent",
  "syn_recv",
  "established",
  "fin_wait1",
  "fin_wait2",
  "time_wait",
  "last_ack",
  "close_wait",
  "closing",
  "closed",
];

/** Settings of the tests, near suricata.yaml's defaults but with small chunks. */
const DEFAULTS: Partial<Record<keyof typeof Setting, number>> = {
  TcpSessions: 16,
  StreamChecksumValidation: 1,
  DropInvalid: 1,
  MaxSynQueued: 10,
  MaxSynAckQueued: 5,
  ToServerChunk: 2560,
  ToClientChunk: 2560,
  RawReassembly: 1,
  MaxRegions: 8,
  UrgentOobLimitPolicy: 2,
};

type Call = Record<string, (...args: (number | bigint)[]) => number>;

/** Names of events as rules write them. */
export function eventName(code: number): string {
  return (StreamEvent[code] ?? `event ${code}`).replace(/^_/, "");
}

export class StreamRoom {
  readonly call: Call;
  readonly #memory: WebAssembly.Memory;
  readonly #payload: number;

  private constructor(instance: WebAssembly.Instance) {
    this.call = instance.exports as unknown as Call;
    this.#memory = instance.exports.memory as WebAssembly.Memory;
    this.#payload = this.#call("payloadAddress");
  }

  /** A fresh room; `settings` override the tests' defaults. */
  static async open(settings: Record<string, number> = {}, heapBytes = 4 << 20): Promise<StreamRoom> {
    const room = new StreamRoom(await buildRoom("test/stream/stream.core.ts"));
    const inline = { StreamInline: settings.Prevent ?? 0 };
    for (const [name, value] of Object.entries({ ...DEFAULTS, ...inline, ...settings })) {
      const index = Setting[name as keyof typeof Setting];
      if (index === undefined) throw new Error(`no setting ${name}`);
      room.#call("set", index, value);
    }
    if (!room.#call("configure", heapBytes)) throw new Error("configure failed");
    return room;
  }

  #call(name: string, ...args: (number | bigint)[]): number {
    const f = this.call[name];
    if (!f) throw new Error(`no export ${name}`);
    return f(...args);
  }

  number(name: string, ...args: number[]): number {
    return Number(this.#call(name, ...args));
  }

  #bytes(address: number, length: number): Buffer {
    return Buffer.from(new Uint8Array(this.#memory.buffer, address >>> 0, length));
  }

  /** Lays the packet out; `send` and `reuse` use it. */
  lay(segment: TestSegment): void {
    const flags = [...segment.flags].reduce((bits, letter) => bits | (1 << "FSRPAU".indexOf(letter)), 0);
    const data = segment.data ?? new Uint8Array();
    this.#call("begin", segment.direction, flags, segment.seq, segment.ack ?? 0, segment.window ?? 8192, data.length);
    new Uint8Array(this.#memory.buffer).set(data, this.#payload);
    this.#call("time", BigInt(Math.round((segment.time ?? 1) * 1e6)));
    if (segment.windowScale !== undefined) this.#call("option", 2, segment.windowScale, 0);
    if (segment.sackPermitted) this.#call("option", 4, 0, 0);
    if (segment.timestamps) this.#call("option", 16, ...segment.timestamps);
    if (segment.fastOpen) this.#call("option", 32, 0, 0);
    if (segment.md5) this.#call("option", 64, 0, 0);
    if (segment.sack) {
      const view = new DataView(this.#memory.buffer, this.#call("sackAddress"));
      segment.sack.forEach(([left, right], i) => {
        view.setUint32(i * 8, left);
        view.setUint32(i * 8 + 4, right);
      });
      this.#call("option", 8, segment.sack.length, 0);
    }
    if (segment.urgent !== undefined) this.#call("urgent", segment.urgent);
    if (segment.badChecksum) this.#call("flag", 1 << 19);
    if (segment.pseudo) this.#call("flag", 1 << 2);
  }

  /** Sends a packet through, as the pipeline does: stream, app layer (which takes everything), raw inspection, release. */
  send(segment: TestSegment, options: { inspectRaw?: boolean; trigger?: boolean } = {}): Outcome {
    this.lay(segment);
    this.#call("run");
    const own = this.#call("packetDirection");
    const app: Piece[] = [];
    const raw: Piece[] = [];
    for (const direction of [1 - own, own]) {
      while (this.#call("appReady", direction)) {
        this.#call("appTake", direction);
        const length = this.#call("dataLength");
        const flags = this.#call("dataFlags");
        const data = (flags & 4) !== 0 ? Buffer.alloc(0) : this.#bytes(this.#call("dataAddress"), length);
        app.push({ direction, offset: this.number("dataOffset"), length, data, flags });
        this.#call("detected", direction);
        this.#call("appDone", direction, length);
        if (options.trigger) this.#call("trigger", direction);
      }
    }
    if (this.#call("session") !== 0) {
      const inspect = options.inspectRaw ?? true;
      const ready = this.#call("rawIsReady", own) !== 0;
      if (ready && inspect) {
        for (let more = this.#call("rawBegin", own); more; more = this.#call("rawMore")) {
          const length = this.#call("rawSize");
          const data = this.#bytes(this.#call("rawAddress"), length);
          raw.push({ direction: own, offset: this.number("rawAt"), length, data, flags: 0 });
        }
      }
      if (ready) this.#call("rawEnd", own, inspect ? 1 : 0);
      this.#call("prune", own);
    }
    const events = Array.from({ length: this.#call("eventCount") }, (_, i) => eventName(this.#call("event", i)));
    return {
      state: STATES[this.#call("state")] ?? "?",
      events,
      app,
      raw,
      flags: this.#call("packetFlags"),
      direction: own,
      action: this.#call("action"),
      reason: this.#call("reason"),
      flowState: this.#call("flowState"),
      payload: this.#bytes(this.#payload, segment.data?.length ?? 0),
      urgent: segment.urgent === undefined ? -1 : this.#call("urgentTold"),
    };
  }
}
