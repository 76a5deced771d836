/** Header fields of a packet. Suricata manual, "IP Keywords", "TCP keywords", "ICMP keywords". */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { IpProto } from "../../assembly/abi/codes.ts";
import { ChecksumKind, CompareMode, Op, TcpFlagsMode } from "../../assembly/abi/conditions.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import { type BufferDefinition, buffer } from "../signature/buffers.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import { headerProtocol } from "../signature/protocols.ts";
import { type Comparison, parseComparison, parseIndex, parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";
import { sticky } from "./sticky.ts";

type Row = Omit<Keyword, "family">;

function field(name: string, id: Field, bits: 8 | 16 | 32, docs: string, aliases: readonly string[] = []): Row {
  return {
    name,
    aliases,
    value: "required",
    quoting: "optional",
    docs: `${docs} A comparison.`,
    apply: (signature, { text }) => {
      signature.addPacket({ op: Op.Compare, field: id, ...parseComparison(text.trim(), bits) });
      signature.requirePacket();
    },
  };
}

function header(name: string, id: B, docs: string): Row {
  const definition: BufferDefinition = buffer(name, id, [], { kind: "packet" });
  return sticky(definition, docs, undefined);
}

const TCP_FLAGS: Readonly<Record<string, number>> = {
  F: 1,
  S: 2,
  R: 4,
  P: 8,
  A: 16,
  U: 32,
  E: 64,
  "2": 64,
  C: 128,
  "1": 128,
  "0": 0,
};

const MODIFIERS: Readonly<Record<string, TcpFlagsMode>> = {
  "+": TcpFlagsMode.AtLeast,
  "*": TcpFlagsMode.Any,
  "!": TcpFlagsMode.Not,
};

/** Bits of the core for IPv4 options (RFC 791 section 3.1 and the registry of option numbers). */
const IP_OPTIONS = {
  rr: 1,
  ts: 2,
  ssrr: 4,
  lsrr: 8,
  eol: 16,
  nop: 32,
  satid: 64,
  sec: 128,
  cipso: 256,
  rtralt: 512,
  esec: 1024,
  any: 2048,
} as const;

/** More fragments, don't fragment, reserved: as they stand in the header (RFC 791), shifted down. */
const FRAGMENT_BITS: Readonly<Record<string, number>> = { M: 1, D: 2, R: 4 };

const CHECKSUMS: readonly (readonly [name: string, kind: ChecksumKind, what: string])[] = [
  ["ipv4-csum", ChecksumKind.Ipv4, "IPv4 header"],
  ["tcpv4-csum", ChecksumKind.Tcpv4, "TCP segment over IPv4"],
  ["tcpv6-csum", ChecksumKind.Tcpv6, "TCP segment over IPv6"],
  ["udpv4-csum", ChecksumKind.Udpv4, "UDP datagram over IPv4"],
  ["udpv6-csum", ChecksumKind.Udpv6, "UDP datagram over IPv6"],
  ["icmpv4-csum", ChecksumKind.Icmpv4, "ICMP message"],
  ["icmpv6-csum", ChecksumKind.Icmpv6, "ICMPv6 message"],
];

const IP_NAMES: Readonly<Record<string, number>> = {
  icmp: IpProto.Icmp,
  igmp: IpProto.Igmp,
  ipip: IpProto.Ipip,
  ipencap: IpProto.Ipip,
  tcp: IpProto.Tcp,
  udp: IpProto.Udp,
  ipv6: IpProto.Ipv6,
  gre: IpProto.Gre,
  esp: IpProto.Esp,
  ah: IpProto.Ah,
  "ipv6-icmp": IpProto.Icmpv6,
  icmpv6: IpProto.Icmpv6,
  sctp: IpProto.Sctp,
};

export const PACKET_KEYWORDS: Keyword[] = [
  ...family("IP", [
    field("ttl", Field.ttl, 8, "Time to live or hop limit."),
    field("tos", Field.tos, 8, "Type of service."),
    field("id", Field.id, 16, "Identification of the IPv4 header."),
    field("fragoffset", Field.fragoffset, 16, "Fragment offset in units of 8 bytes."),
    {
      name: "ip_proto",
      value: "required",
      quoting: "optional",
      docs: "The IP protocol by number or name: N, `!N`, `<N`, `>N`.",
      apply: applyIpProto,
    },
    {
      name: "ipopts",
      value: "required",
      docs: `An IPv4 option the packet carries: ${Object.keys(IP_OPTIONS).join(", ")}.`,
      apply: (signature, { text }) => {
        const key = text.trim().toLowerCase() as keyof typeof IP_OPTIONS;
        if (!Object.hasOwn(IP_OPTIONS, key)) throw new RuleError(`"${text}" is not an IP option`);
        signature.addPacket({ op: Op.IpOptions, bits: IP_OPTIONS[key], mode: TcpFlagsMode.Any });
        signature.requirePacket();
      },
    },
    {
      name: "fragbits",
      value: "required",
      docs: "Bits of the IPv4 header: M more fragments, D don't fragment, R reserved, with `+`, `*` or `!` before.",
      apply: (signature, { text }) => {
        const found = /^\s*([+*!]?)\s*([MDR]+)\s*$/.exec(text);
        if (found === null) throw new RuleError(`"${text}" is not a set of the bits M, D, R`);
        const mode = MODIFIERS[found[1]!] ?? TcpFlagsMode.Exact;
        const bits = [...found[2]!].reduce((sum, letter) => sum | FRAGMENT_BITS[letter]!, 0);
        signature.addPacket({ op: Op.FragBits, bits, mode });
        signature.requirePacket();
      },
    },
    {
      name: "sameip",
      value: "none",
      docs: "Source and destination address are the same.",
      apply: (signature) => {
        signature.addPacket({ op: Op.SameIp });
        signature.requirePacket();
      },
    },
    ...CHECKSUMS.map(
      ([name, kind, what]): Row => ({
        name,
        value: "required",
        quoting: "optional",
        docs: `The checksum of the ${what} is \`valid\` or \`invalid\`.`,
        apply: (signature, { text }) => {
          const word = text.trim().toLowerCase();
          if (word !== "valid" && word !== "invalid") throw new RuleError(`"${text}" is neither valid nor invalid`);
          signature.addPacket({ op: Op.Checksum, kind, valid: word === "valid" });
          signature.requirePacket();
        },
      }),
    ),
    header("ip.src", B.ip__src, "The source address, 4 or 16 bytes; for datasets."),
    header("ip.dst", B.ip__dst, "The destination address, 4 or 16 bytes; for datasets."),
    {
      name: "l3_proto",
      value: "required",
      quoting: "optional",
      docs: "The version of IP: ipv4 or ipv6 (also ip4, ip6).",
      apply: (signature, { text }) => {
        const version = { ip4: 4, ipv4: 4, ip6: 6, ipv6: 6 }[text.trim().toLowerCase()];
        if (version === undefined) throw new RuleError(`"${text}" is neither ipv4 nor ipv6`);
        const a = BigInt(version);
        signature.addPacket({ op: Op.Compare, field: Field.ip_version, mode: CompareMode.Equal, a, b: 0n });
      },
    },
    header("ipv4.hdr", B.ipv4__hdr, "The IPv4 header."),
    header("ipv6.hdr", B.ipv6__hdr, "The IPv6 header."),
    field("igmp.type", Field.igmp__type, 8, "Type of the IGMP message."),
  ]),
  ...family("TCP", [
    {
      name: "tcp.flags",
      aliases: ["flags"],
      value: "required",
      docs: "TCP flags: F S R P A U E C or 0, with `+`, `*` or `!` before, and ignored ones after a comma.",
      apply: applyTcpFlags,
    },
    field("tcp.seq", Field.seq, 32, "Sequence number.", ["seq"]),
    field("tcp.ack", Field.ack, 32, "Acknowledgement number.", ["ack"]),
    field("tcp.window", Field.window, 16, "Window of the header, not scaled.", ["window"]),
    field("tcp.mss", Field.tcp__mss, 16, "Maximum segment size option."),
    field("tcp.wscale", Field.tcp__wscale, 8, "Window scale option."),
    header("tcp.hdr", B.tcp__hdr, "The TCP header with its options."),
  ]),
  ...family("UDP", [header("udp.hdr", B.udp__hdr, "The UDP header.")]),
  ...family("ICMP", [
    field("itype", Field.itype, 8, "Type of the message."),
    field("icode", Field.icode, 8, "Code of the message."),
    field("icmp_id", Field.icmp_id, 16, "Identifier of an echo, timestamp or information message."),
    field("icmp_seq", Field.icmp_seq, 16, "Sequence number of such a message."),
    field("icmpv6.mtu", Field.icmpv6__mtu, 32, "MTU of a packet-too-big message."),
    header("icmpv4.hdr", B.icmpv4__hdr, "The ICMP header."),
    header("icmpv6.hdr", B.icmpv6__hdr, "The ICMPv6 header."),
  ]),
  ...family("VLAN", [
    {
      name: "vlan.id",
      value: "required",
      docs: "A VLAN id, then optionally `,layer` (0 to 2, any, all).",
      apply: (signature, { text }) => {
        const { value, index, at } = parseIndex(text);
        if (at > 2 || at < -3) throw new RuleError("a packet has at most 3 VLAN layers");
        signature.addPacket({ op: Op.Compare, field: Field.vlan__id, ...parseComparison(value, 16), index, at });
        signature.requirePacket();
      },
    },
    field("vlan.layers", Field.vlan__layers, 8, "Number of VLAN layers."),
  ]),
  ...family("Payload", [
    {
      name: "dsize",
      value: "required",
      docs: "Bytes of the payload of the packet. A comparison.",
      apply: (signature, { text }) => {
        if (signature.dsize !== undefined) throw new RuleError("the rule has dsize twice");
        const comparison = parseComparison(text.trim(), 16);
        signature.addPacket({ op: Op.Compare, field: Field.dsize, ...comparison });
        signature.dsize = bounds(comparison);
        signature.flags |= RuleFlag.Dsize;
        signature.requirePacket();
      },
    },
  ]),
  ...family("Packet", [
    {
      name: "rpc",
      value: "required",
      docs: "A Sun RPC call: `program,version,procedure`, each of the last two may be `*`.",
      apply: (signature, { text }) => {
        const [program, version = "*", procedure = "*", ...more] = splitCommas(text);
        if (more.length > 0) throw new RuleError(`"${text}" is not "program,version,procedure"`);
        const number = (part: string): number | undefined =>
          part === "*" ? undefined : parseUnsigned(part, 0xffff_ffff);
        const wanted = { version: number(version), procedure: number(procedure) };
        signature.addPacket({
          op: Op.Rpc,
          program: parseUnsigned(program!, 0xffff_ffff),
          ...(wanted.version === undefined ? {} : { version: wanted.version }),
          ...(wanted.procedure === undefined ? {} : { procedure: wanted.procedure }),
        });
        signature.requirePacket();
      },
    },
  ]),
];

/** Payload sizes a comparison allows: the lowest and the highest. */
function bounds({ mode, a, b }: Comparison): readonly [number, number] {
  const [low, high] = [Number(a), Number(b)];
  switch (mode) {
    case CompareMode.Equal:
      return [low, low];
    case CompareMode.Less:
      return [0, low - 1];
    case CompareMode.LessOrEqual:
      return [0, low];
    case CompareMode.Greater:
      return [low + 1, 65535];
    case CompareMode.GreaterOrEqual:
      return [low, 65535];
    case CompareMode.Range:
      return [low + 1, high - 1];
    default:
      return [0, 65535];
  }
}

function applyTcpFlags(signature: SignatureBuilder, { text }: { text: string }): void {
  const found = /^\s*([+*!]?)\s*([SAPRFU120CE]+)\s*([+*!]?)\s*(?:,\s*([SAPRFU12CE]+))?\s*$/i.exec(text);
  if (found === null || (found[1] !== "" && found[3] !== "")) {
    throw new RuleError(`"${text}" is not a set of TCP flags`, { advice: `write for example "SA" or "+A,12"` });
  }
  const set = (letters = ""): number => [...letters.toUpperCase()].reduce((sum, letter) => sum | TCP_FLAGS[letter]!, 0);
  const mode = MODIFIERS[found[1] || found[3]!] ?? TcpFlagsMode.Exact;
  const flags = set(found[2]);
  signature.addPacket({ op: Op.TcpFlags, flags, ignored: set(found[4]), mode });
  signature.requirePacket();
}

/** Narrows the protocols of the header, as Suricata does; several ip_proto take their common part. */
function applyIpProto(signature: SignatureBuilder, { text }: { text: string }): void {
  const found = /^\s*([<>!]?)\s*([\w-]+)\s*$/.exec(text);
  const name = found?.[2]?.toLowerCase();
  const number =
    name === undefined ? undefined : /^\d+$/.test(name) ? parseUnsigned(name, 255) : (IP_NAMES[name] ?? undefined);
  if (found === null || number === undefined) throw new RuleError(`"${text}" is not an IP protocol`);
  if (signature.header !== headerProtocol("ip") && signature.header.ip !== undefined) {
    throw new RuleError("ip_proto needs a rule whose header says ip");
  }
  const holds = (proto: number): boolean => {
    switch (found[1]) {
      case "<":
        return proto < number;
      case ">":
        return proto > number;
      case "!":
        return proto !== number;
      default:
        return proto === number;
    }
  };
  const before = signature.protocols;
  const all = before === undefined ? Array.from({ length: 256 }, (_, proto) => proto) : [...before];
  signature.protocols = new Set(all.filter(holds));
  if (signature.protocols.size === 0) throw new RuleError("no IP protocol is left");
}
