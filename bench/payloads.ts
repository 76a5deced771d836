/** What captures carry, as the benchmarks and the training of statistics need it: transport payloads, and what is inside those of HTTP. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { LinkType } from "../assembly/abi/codes.ts";
import type { CapturedFrame } from "../hosts/node/capture/frame.ts";
import { readCapture } from "../hosts/node/capture/reader.ts";

/** The payload of one packet. */
export interface Payload {
  tcp: boolean;
  sourcePort: number;
  targetPort: number;
  /** A copy. */
  data: Uint8Array;
}

/** Captures in a folder, below it too, in order of their names. */
export function capturesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .sort();
}

/** The captures the statistics in compiler/prefilter/tables.ts come from: every other one. */
export function trainingCaptures(folder: string): string[] {
  return capturesIn(folder).filter((_, i) => i % 2 === 0);
}

/** The captures nothing was trained on. */
export function freshCaptures(folder: string): string[] {
  return capturesIn(folder).filter((_, i) => i % 2 === 1);
}

/** Payloads of TCP and UDP over IPv4 in a capture, at most `limit` bytes of it; a damaged capture ends where the damage is. */
export async function payloadsOf(file: string, limit = Number.POSITIVE_INFINITY): Promise<Payload[]> {
  const payloads: Payload[] = [];
  let bytes = 0;
  try {
    for await (const frames of readCapture(file)) {
      for (const frame of frames) {
        const payload = bytes < limit ? payloadOf(frame) : undefined;
        if (!payload) continue;
        payloads.push(payload);
        bytes += payload.data.length;
      }
    }
  } catch {
    // The frames before the damage are good.
  }
  return payloads;
}

function payloadOf({ linkType, data }: CapturedFrame): Payload | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const ip = networkOffset(linkType, view);
  if (ip === undefined || data.length < ip + 20 || data[ip]! >> 4 !== 4) return undefined;
  const protocol = data[ip + 9];
  const transport = ip + (data[ip]! & 15) * 4;
  const end = Math.min(data.length, ip + view.getUint16(ip + 2));
  if ((view.getUint16(ip + 6) & 0x1fff) !== 0 || transport + 8 > end) return undefined;
  const tcp = protocol === 6;
  if (!tcp && protocol !== 17) return undefined;
  if (tcp && transport + 20 > end) return undefined;
  const start = transport + (tcp ? (data[transport + 12]! >> 4) * 4 : 8);
  if (start >= end) return undefined;
  const ports = { sourcePort: view.getUint16(transport), targetPort: view.getUint16(transport + 2) };
  return { tcp, ...ports, data: data.slice(start, end) };
}

function networkOffset(linkType: number, view: DataView): number | undefined {
  if (linkType === LinkType.Raw || linkType === LinkType.Ipv4 || linkType === LinkType.RawOld) return 0;
  if (linkType === LinkType.LinuxSll) return 16;
  if (linkType !== LinkType.Ethernet) return undefined;
  let offset = 12;
  for (; offset + 2 <= view.byteLength; offset += 4) {
    const type = view.getUint16(offset);
    if (type === 0x0800) return offset + 2;
    if (type !== 0x8100 && type !== 0x88a8) return undefined;
  }
  return undefined;
}

/** The parts of a payload that starts an HTTP message. */
export interface HttpParts {
  uri?: Uint8Array;
  header: Uint8Array;
  body: Uint8Array;
  host?: Uint8Array;
}

/** Splits a payload that starts with a request or status line. */
export function httpParts(data: Uint8Array): HttpParts | undefined {
  const text = Buffer.from(data).toString("latin1");
  const request = /^(?:GET|POST|HEAD|PUT|OPTIONS|CONNECT|DELETE) (\S+) HTTP\/1\.[01]\r\n/.exec(text);
  const line = request ?? /^HTTP\/1\.[01] \d{3}[^\r\n]*\r\n/.exec(text);
  if (!line) return undefined;
  const blank = text.indexOf("\r\n\r\n", line[0].length - 2);
  const headerEnd = blank < 0 ? text.length : blank + 4;
  const host = /^host: *(\S+)/im.exec(text.slice(line[0].length, headerEnd))?.[1];
  const latin1 = (part: string): Uint8Array => Buffer.from(part, "latin1");
  return {
    ...(request ? { uri: latin1(request[1]!) } : {}),
    ...(host ? { host: latin1(host) } : {}),
    header: data.subarray(line[0].length, headerEnd),
    body: data.subarray(headerEnd),
  };
}
