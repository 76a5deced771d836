/**
 * Frames as text, a line each: `[@SECONDS] layer / layer / ... / bytes`. What stands below IP is Ethernet unless told otherwise; lengths,
 * checksums and the type of the next layer are filled in.
 *
 *     ether type=88cc                      vlan 10 type=88a8             arp
 *     ip 192.0.2.1 > 198.51.100.1 ttl= id= tos= frag=OFFSET df mf rb options=HEX proto= len= sum=
 *     ip6 2001:db8::1 > 2001:db8::2 hop= next= len=          frag6 id= offset= mf          ext 0 HEX (extension header by number)
 *     tcp 40000 > 80 SA seq= ack= win= urg= options=HEX sum=  udp 5000 > 53 len= sum=
 *     icmp TYPE CODE id= seq= rest=HEX sum=                   icmp6 TYPE CODE ...           igmp TYPE
 *     gre                                                     raw HEX
 *
 * What stands last may be bytes in the notation of `corpus/README.md`: `"text"`, hex, groups.
 */
import { LinkType } from "../../assembly/abi/codes.ts";
import { parseBytes } from "../../corpus/bytes.ts";
import { addressBytes, checksum, DEFAULT_START } from "../../corpus/frames.ts";
import type { FrameInput } from "../../hosts/node/engine/engine.ts";

interface Layer {
  kind: string;
  words: string[];
  /** `name=value`, and bare flags as "". */
  options: Map<string, string>;
  text: string;
}

const KINDS = /^(ether|vlan|arp|ip6?|frag6|ext|tcp|udp|icmp6?|igmp|gre|raw)\b/;
const FLAGS = "FSRPAUEC";

/** The frames of a block, a millisecond apart unless they have times. */
export function parseFrames(lines: readonly string[]): FrameInput[] {
  let seconds = DEFAULT_START;
  return lines
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line, index) => {
      const time = /^@(\d+(?:\.\d+)?) +/.exec(line);
      if (time) seconds = DEFAULT_START + Number(time[1]);
      const text = time ? line.slice(time[0].length) : line;
      const layers = text.split(/ \/ (?=[a-z0-9"])/).map(parseLayer);
      const timestamp = Math.round(seconds * 1_000_000) + index * 1000;
      return { data: build(layers), linkType: LinkType.Ethernet, timestamp };
    });
}

function parseLayer(text: string): Layer {
  const [kind = ""] = KINDS.exec(text) ?? [];
  const words: string[] = [];
  const options = new Map<string, string>();
  for (const word of kind === "" ? [] : text.split(/\s+/).slice(1)) {
    const [name, value] = word.split("=", 2) as [string, string?];
    if (value !== undefined || ["df", "mf", "rb"].includes(name)) options.set(name, value ?? "");
    else if (word !== ">") words.push(word);
  }
  return { kind, words, options, text };
}

function build(layers: Layer[]): Buffer {
  const first = layers[0]?.kind === "ether" ? layers.shift() : undefined;
  const inner = layers.length > 0 ? pack(layers, undefined) : Buffer.alloc(0);
  const type = number(first?.options.get("type"), etherType(layers[0]), 16);
  return Buffer.concat([Buffer.from("020000000002020000000001", "hex"), be16(type), inner]);
}

/** The bytes of the first layer with all that it carries. */
function pack([layer, ...rest]: Layer[], outer: { source: Buffer; destination: Buffer } | undefined): Buffer {
  if (layer === undefined) return Buffer.alloc(0);
  const { kind, words, options } = layer;
  const inner = (addresses = outer): Buffer => pack(rest, addresses);
  const n = (name: string, otherwise: number): number => number(options.get(name), otherwise);
  switch (kind) {
    case "vlan":
      return Buffer.concat([be16((n("priority", 0) << 13) | Number(words[0])), be16(etherType(rest[0])), inner()]);
    case "raw":
      return Buffer.concat([Buffer.from(words.join(""), "hex"), inner()]);
    case "ip":
      return ip4(layer, rest, inner);
    case "ip6": {
      const addresses = ends(words);
      const content = inner(addresses);
      const head = [be32(0x6000_0000 | (n("class", 0) << 20)), be16(n("len", content.length))];
      const next = Buffer.of(n("next", protocolOf(rest[0])), n("hop", 64));
      return Buffer.concat([...head, next, addresses.source, addresses.destination, content]);
    }
    case "frag6": {
      const place = n("offset", 0) | (options.has("mf") ? 1 : 0);
      return Buffer.concat([Buffer.of(n("next", protocolOf(rest[0])), 0), be16(place), be32(n("id", 1)), inner()]);
    }
    case "ext": {
      const content = Buffer.from(words[1] ?? "", "hex");
      return Buffer.concat([Buffer.of(protocolOf(rest[0]), (content.length + 2) / 8 - 1), content, inner()]);
    }
    case "tcp": {
      const tcpOptions = Buffer.from(options.get("options") ?? "", "hex");
      const flags = [...(words[2] ?? "A")].reduce((all, flag) => all | (1 << FLAGS.indexOf(flag)), 0);
      const head = Buffer.concat([
        be16(Number(words[0])),
        be16(Number(words[1])),
        be32(n("seq", 1)),
        be32(n("ack", 0)),
        Buffer.of(((20 + tcpOptions.length) / 4) << 4, words[2] === "0" ? 0 : flags),
        be16(n("win", 8192)),
        be16(0),
        be16(n("urg", 0)),
        tcpOptions,
      ]);
      return sealed(Buffer.concat([head, inner()]), 16, 6, outer, options);
    }
    case "udp": {
      const content = inner();
      const head = [be16(Number(words[0])), be16(Number(words[1])), be16(n("len", content.length + 8)), be16(0)];
      return sealed(Buffer.concat([...head, content]), 6, 17, outer, options);
    }
    case "icmp":
    case "icmp6": {
      const fields = options.has("id") || options.has("seq") ? [be16(n("id", 0)), be16(n("seq", 0))] : [];
      const given = options.get("rest");
      if (given !== undefined) fields.push(Buffer.from(given, "hex"));
      const head = Buffer.of(Number(words[0]), Number(words[1] ?? 0), 0, 0);
      const message = Buffer.concat([head, ...fields, inner()]);
      return sealed(message, 2, 58, kind === "icmp6" ? outer : undefined, options);
    }
    case "igmp":
      return sealed(
        Buffer.concat([Buffer.of(Number(words[0]), 0, 0, 0, 224, 0, 0, 1), inner()]),
        2,
        2,
        undefined,
        options,
      );
    case "gre":
      return Buffer.concat([be16(0), be16(etherType(rest[0])), inner()]);
    case "arp":
      return Buffer.concat([Buffer.from("0001080006040001", "hex"), Buffer.alloc(20)]);
    default:
      return parseBytes(layer.text);
  }
}

function ip4({ words, options }: Layer, rest: Layer[], inner: (outer: ReturnType<typeof ends>) => Buffer): Buffer {
  const n = (name: string, otherwise: number): number => number(options.get(name), otherwise);
  const addresses = ends(words);
  const content = inner(addresses);
  const ipOptions = Buffer.from(options.get("options") ?? "", "hex");
  const bits = (options.has("rb") ? 0x8000 : 0) | (options.has("df") ? 0x4000 : 0) | (options.has("mf") ? 0x2000 : 0);
  const length = 20 + ipOptions.length;
  const head = Buffer.concat([
    Buffer.of(0x40 | (length / 4), n("tos", 0)),
    be16(n("len", length + content.length)),
    be16(n("id", 1)),
    be16(bits | (n("frag", 0) >> 3)),
    Buffer.of(n("ttl", 64), n("proto", protocolOf(rest[0])), 0, 0),
    addresses.source,
    addresses.destination,
    ipOptions,
  ]);
  head.writeUInt16BE(number(options.get("sum"), checksum(head), 16), 10);
  return Buffer.concat([head, content]);
}

/** The segment with its checksum, over the pseudo header when there are addresses. */
function sealed(
  segment: Buffer,
  at: number,
  proto: number,
  outer: { source: Buffer; destination: Buffer } | undefined,
  options: Map<string, string>,
): Buffer {
  const pseudo = outer ? [outer.source, outer.destination, be32(segment.length), be32(proto)] : [];
  const sum = checksum(Buffer.concat([...pseudo, segment]));
  segment.writeUInt16BE(number(options.get("sum"), sum === 0 && proto === 17 ? 0xffff : sum, 16), at);
  return segment;
}

function ends(words: string[]): { source: Buffer; destination: Buffer } {
  return { source: addressBytes(words[0] ?? ""), destination: addressBytes(words[1] ?? "") };
}

function etherType(layer: Layer | undefined): number {
  switch (layer?.kind) {
    case "vlan":
      return number(layer.options.get("type"), 0x8100, 16);
    case "ip6":
      return 0x86dd;
    case "arp":
      return 0x0806;
    default:
      return 0x0800;
  }
}

/** The IP protocol of what follows; 253 (RFC 3692) for plain bytes. */
function protocolOf(layer: Layer | undefined): number {
  const known: Record<string, number> = {
    icmp: 1,
    igmp: 2,
    ip: 4,
    tcp: 6,
    udp: 17,
    ip6: 41,
    frag6: 44,
    gre: 47,
    icmp6: 58,
  };
  if (layer?.kind === "ext") return Number(layer.words[0]);
  return known[layer?.kind ?? ""] ?? 253;
}

function number(text: string | undefined, otherwise: number, base = 10): number {
  if (text === undefined) return otherwise;
  return text.startsWith("0x") ? Number(text) : Number.parseInt(text, base);
}

function be16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
}

function be32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
