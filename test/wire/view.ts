/** A decoded frame as tests want to read it: names, numbers, and where the payload lies. */
import { DecodeEvent } from "../../assembly/abi/decode_events.ts";
import { buildRoom } from "../core-room.ts";

/** Exports of wire.core.ts. */
export type Room = Record<string, (...args: number[]) => number> & { memory: WebAssembly.Memory };

/** The frame area of the tests: 64 KiB at the end of memory, so that a byte too far is out of bounds. */
export interface Wire {
  room: Room;
  /** Decodes `bytes`, placed so that their last byte is the last of memory. */
  decode(bytes: Uint8Array, linkType?: number, flags?: number): Decoded[];
  /** Address of the last frame. */
  start: number;
}

export interface Decoded {
  events: string[];
  invalid: boolean;
  source: number;
  depth: number;
  vlan: number[];
  version: number;
  proto: number;
  ttl: number;
  source_ip: string;
  destination_ip: string;
  ports: [number, number];
  payload: Uint8Array;
  get(field: string): number;
}

export const eventName = (event: number): string => (DecodeEvent[event] ?? `event ${event}`).replaceAll("__", ".");

export async function openWire(maxLayers = 16): Promise<Wire> {
  const instance = await buildRoom("test/wire/wire.core.ts");
  const room = instance.exports as unknown as Room;
  room.configure?.(maxLayers);
  const page = call(room, "newPage");
  const end = page + 65536;
  const wire: Wire = {
    room,
    start: end,
    decode(bytes, linkType = 1, flags = 0) {
      wire.start = end - bytes.length;
      new Uint8Array(room.memory.buffer).set(bytes, wire.start);
      call(room, "decode", wire.start, bytes.length, linkType, flags);
      return Array.from({ length: call(room, "packetCount") }, (_, i) => decoded(room, i));
    },
  };
  return wire;
}

export function call(room: Room, name: string, ...args: number[]): number {
  const f = room[name];
  if (!f) throw new Error(`wire.core.ts exports no ${name}`);
  return Number(f(...args)) >>> 0;
}

function decoded(room: Room, i: number): Decoded {
  const get = (field: string) => call(room, field, i);
  const bytes = (at: number, length: number) => new Uint8Array(room.memory.buffer, at, length).slice();
  const version = get("ipVersion");
  const address = (v4: number, v6: number) =>
    version === 4
      ? bytes(get("ip") + v4, 4).join(".")
      : version === 6
        ? Buffer.from(bytes(get("ip") + v6, 16))
            .toString("hex")
            .replace(/(....)(?=.)/g, "$1:")
        : "";
  return {
    events: Array.from({ length: get("eventCount") }, (_, n) => eventName(call(room, "eventOf", i, n))),
    invalid: (get("flags") & 32) !== 0,
    source: get("source"),
    depth: get("depth"),
    vlan: [0, 1, 2].map((n) => call(room, "vlan", i, n) | 0).filter((id) => id >= 0),
    version,
    proto: get("proto"),
    ttl: get("ttl"),
    source_ip: address(12, 8),
    destination_ip: address(16, 24),
    ports: [get("sourcePort"), get("destinationPort")],
    payload: bytes(get("payload"), get("payloadLength")),
    get,
  };
}
