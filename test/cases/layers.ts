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
import { type Bytes, be16, be32, ethernet, fragment6, hex, ipv4, ipv6, join, tcp, udp, vlan } from "../wire/build.ts";

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

function build(layers: Layer[]): Bytes {
  const first = layers[0]?.kind === "ether" ? layers.shift() : undefined;
  const type = number(first?.options.get("type"), etherType(layers[0]), 16);
  return ethernet(type, pack(layers, undefined));
}

/** The bytes of the first layer with all that it carries. */
function pack([layer, ...rest]: Layer[], outer: Ends | undefined): Bytes {
  if (layer === undefined) return new Uint8Array(0);
  const { kind, words, options } = layer;
  const inner = (ends = outer): Bytes => pack(rest, ends);
  const n = (name: string, otherwise: number): number => number(options.get(name), otherwise);
  switch (kind) {
    case "vlan":
      return vlan((n("priority", 0) << 13) | Number(words[0]), etherType(rest[0]), inner());
    case "raw":
      return join(hex(words.join("")), inner());
    case "ip": {
      const ends = endsOf(words);
      return ipv4(n("proto", protocolOf(rest[0])), inner(ends), {
        ...ends,
        ...fields(options, { ttl: "ttl", id: "id", tos: "tos", offset: "frag", total: "len" }),
        ...(options.has("sum") ? { sum: number(options.get("sum"), 0, 16) } : {}),
        more: options.has("mf"),
        whole: options.has("df"),
        reserved: options.has("rb"),
        options: hex(options.get("options") ?? ""),
      });
    }
    case "ip6": {
      const ends = endsOf(words);
      const header = { ...ends, ...fields(options, { hops: "hop", priority: "class", total: "len" }) };
      return ipv6(n("next", protocolOf(rest[0])), inner(ends), header);
    }
    case "frag6":
      return fragment6(n("next", protocolOf(rest[0])), n("id", 1), n("offset", 0), options.has("mf"), inner());
    case "ext": {
      const content = hex(words[1] ?? "");
      return join([protocolOf(rest[0]), (content.length + 2) / 8 - 1], content, inner());
    }
    case "tcp": {
      const flags = [...(words[2] ?? "A")].reduce((all, flag) => all | (1 << FLAGS.indexOf(flag)), 0);
      const segment = tcp(inner(), {
        source: Number(words[0]),
        destination: Number(words[1]),
        ...fields(options, { sequence: "seq", acknowledgement: "ack", window: "win", urgent: "urg" }),
        flags: words[2] === "0" ? 0 : flags,
        options: hex(options.get("options") ?? ""),
      });
      return sealed(segment, 16, 6, outer, options);
    }
    case "udp": {
      const content = inner();
      const datagram = udp(content, Number(words[0]), Number(words[1]), n("len", content.length + 8));
      return sealed(datagram, 6, 17, outer, options);
    }
    case "icmp":
    case "icmp6": {
      const numbers = options.has("id") || options.has("seq") ? [...be16(n("id", 0)), ...be16(n("seq", 0))] : [];
      const head = [Number(words[0]), Number(words[1] ?? 0), 0, 0];
      const message = join(head, numbers, hex(options.get("rest") ?? ""), inner());
      return sealed(message, 2, 58, kind === "icmp6" ? outer : undefined, options);
    }
    case "igmp":
      return sealed(join([Number(words[0]), 0, 0, 0, 224, 0, 0, 1], inner()), 2, 2, undefined, options);
    case "gre":
      return join(be16(0), be16(etherType(rest[0])), inner());
    case "arp":
      return join(hex("0001080006040001"), new Uint8Array(20));
    default:
      return parseBytes(layer.text);
  }
}

/** The segment with its checksum, over the pseudo header when there are addresses. */
function sealed(
  segment: Bytes,
  at: number,
  proto: number,
  outer: Ends | undefined,
  options: Map<string, string>,
): Bytes {
  const ends = outer ? [addressBytes(outer.source), addressBytes(outer.destination)] : [];
  const pseudo = outer ? [...ends, be32(segment.length), be32(proto)] : [];
  const sum = checksum(join(...pseudo, segment));
  segment.set(be16(number(options.get("sum"), sum === 0 && proto === 17 ? 0xffff : sum, 16)), at);
  return segment;
}

interface Ends {
  source: string;
  destination: string;
}

function endsOf(words: string[]): Ends {
  return { source: words[0] ?? "", destination: words[1] ?? "" };
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

/** Those of the numbers that are there, under the names that the builders have for them. */
function fields<K extends string>(options: Map<string, string>, names: Record<K, string>): Partial<Record<K, number>> {
  const found = Object.entries<string>(names).filter(([, name]) => options.has(name));
  return Object.fromEntries(found.map(([key, name]) => [key, number(options.get(name), 0)])) as Partial<
    Record<K, number>
  >;
}

function number(text: string | undefined, otherwise: number, base = 10): number {
  if (text === undefined) return otherwise;
  return text.startsWith("0x") ? Number(text) : Number.parseInt(text, base);
}
