/** The flow room as tests want it: settings in, packets and flows out. */
import { DecodeEvent } from "../../assembly/abi/decode_events.ts";
import { Setting } from "../../assembly/abi/settings.ts";
import { buildRoom } from "../core-room.ts";

type Exports = Record<string, (...args: number[]) => number> & { memory: WebAssembly.Memory };

export interface Seen {
  events: string[];
  proto: number;
  source: number;
  /** Index of the outer packet, -1 for the frame. */
  outer: number;
  ports: [number, number];
  payload: string;
  /** Bytes of the IP packet. */
  ip: Uint8Array;
}

/** Times of the stock configuration, in seconds. */
const DEFAULTS: [Setting, number][] = [
  [Setting.Flows, 1000],
  [Setting.VlanTracking, 1],
  [Setting.MaxLayers, 16],
  [Setting.DefragTrackers, 16],
  [Setting.DefragTimeout, 60],
  [Setting.DefaultNew, 30],
  [Setting.DefaultEstablished, 300],
  [Setting.TcpNew, 60],
  [Setting.TcpEstablished, 600],
  [Setting.TcpClosed, 60],
  [Setting.TcpBypassed, 100],
  [Setting.UdpNew, 30],
  [Setting.UdpEstablished, 300],
  [Setting.IcmpNew, 30],
  [Setting.IcmpEstablished, 300],
];

export class FlowRoom {
  readonly exports: Exports;
  private readonly area: number;

  private constructor(exports: Exports) {
    this.exports = exports;
    this.area = this.call("frameArea");
  }

  static async open(settings: [Setting, number][] = []): Promise<FlowRoom> {
    const exports = (await buildRoom("test/flow/flow.core.ts")).exports as unknown as Exports;
    for (const [index, value] of [...DEFAULTS, ...settings]) exports.set?.(index, value);
    if (!exports.configure?.()) throw new Error("the room does not configure");
    return new FlowRoom(exports);
  }

  call(name: string, ...args: number[]): number {
    const f = this.exports[name];
    if (!f) throw new Error(`flow.core.ts exports no ${name}`);
    return Number(f(...args));
  }

  /** Decodes and defragments one frame at a time given in seconds. */
  decode(frame: Uint8Array, linkType: number, seconds = 0): Seen[] {
    new Uint8Array(this.exports.memory.buffer).set(frame, this.area);
    this.call("decode", frame.length, linkType, seconds);
    return Array.from({ length: this.call("packetCount") }, (_, i) => this.packet(i));
  }

  /** Decodes a frame and looks up the flow of its packet `i`: the flow's address, 0 for none. */
  flow(frame: Uint8Array, linkType: number, seconds = 0, i = 0): number {
    this.decode(frame, linkType, seconds);
    return this.call("handle", i) >>> 0;
  }

  /** Frees every flow that ended by `seconds` and tells why: FlowEnd values. */
  ended(seconds: number): number[] {
    const reasons: number[] = [];
    for (let f = this.call("expired", seconds); f !== 0; f = this.call("expired", seconds)) {
      reasons.push(this.call("flowEnded", f));
      this.call("free", f);
    }
    return reasons;
  }

  private packet(i: number): Seen {
    const get = (name: string) => this.call(name, i) >>> 0;
    const bytes = (at: number, length: number) => new Uint8Array(this.exports.memory.buffer, at, length).slice();
    return {
      events: Array.from({ length: get("eventCount") }, (_, n) =>
        (DecodeEvent[this.call("eventOf", i, n)] ?? "?").replaceAll("__", "."),
      ),
      proto: get("proto"),
      source: get("source"),
      outer: this.call("outer", i),
      ports: [get("ports") >>> 16, get("ports") & 0xffff],
      payload: Buffer.from(bytes(get("payload"), get("payloadLength"))).toString("latin1"),
      ip: bytes(get("ip"), get("ipLength")),
    };
  }
}
