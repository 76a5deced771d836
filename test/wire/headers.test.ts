/** Frames and what the decoder reads in them. Inner packets follow outer ones. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../assembly/abi/codes.ts";
import { TcpOption } from "../../assembly/wire/tcp_option.ts";
import { type Bytes, be16, be32, ethernet, hex, icmp, ipv4, ipv6, join, tcp, text, udp, vlan } from "./build.ts";
import { type Decoded, openWire } from "./view.ts";

const wire = await openWire();
const GET = text("GET / HTTP/1.0\r\n\r\n");

/** `proto source:port > destination:port "payload"`, with what surrounds it. */
function summary(p: Decoded): string {
  const parts = [
    p.vlan.length ? `vlan ${p.vlan.join(",")}` : "",
    p.version ? `ip${p.version}` : "",
    `proto ${p.proto}`,
  ];
  if (p.ports[0] || p.ports[1]) parts.push(`${p.ports[0]}>${p.ports[1]}`);
  if (p.payload.length) parts.push(JSON.stringify(Buffer.from(p.payload).toString("latin1")));
  return [...parts.filter(Boolean), ...p.events].join(" ");
}

const show = (frame: Bytes, link = LinkType.Ethernet): string[] => wire.decode(frame, link).map(summary);

const inner = ipv4(17, udp(text("x"), 7, 8));
const innerEthernet = ethernet(0x0800, inner);

/** What a frame is, its link type, its bytes, the packets in it. */
const table: [string, LinkType, Bytes, string[]][] = [
  [
    "Ethernet, IPv4, TCP",
    LinkType.Ethernet,
    ethernet(0x0800, ipv4(6, tcp(GET))),
    [`ip4 proto 6 1024>80 ${JSON.stringify(Buffer.from(GET).toString())}`],
  ],
  [
    "padding is no payload",
    LinkType.Ethernet,
    join(ethernet(0x0800, ipv4(17, udp(text("x")))), new Uint8Array(20)),
    ['ip4 proto 17 1024>53 "x"'],
  ],
  [
    "bytes behind the UDP length are no payload",
    LinkType.Ethernet,
    ethernet(0x0800, ipv4(17, udp(text("xyz"), 1, 2, 9))),
    ['ip4 proto 17 1>2 "x"'],
  ],
  ["IPv6, UDP", LinkType.Ethernet, ethernet(0x86dd, ipv6(17, udp(text("x")))), ['ip6 proto 17 1024>53 "x"']],
  ["one VLAN", LinkType.Ethernet, ethernet(0x8100, vlan(5, 0x0800, inner)), ['vlan 5 ip4 proto 17 7>8 "x"']],
  [
    "two VLANs, the priority is not the id",
    LinkType.Ethernet,
    ethernet(0x88a8, vlan(0xe005, 0x8100, vlan(6, 0x0800, inner))),
    ['vlan 5,6 ip4 proto 17 7>8 "x"'],
  ],
  [
    "three VLANs",
    LinkType.Ethernet,
    ethernet(0x9100, vlan(1, 0x8100, vlan(2, 0x8100, vlan(3, 0x0800, inner)))),
    ['vlan 1,2,3 ip4 proto 17 7>8 "x"'],
  ],
  [
    "a fourth VLAN ends decoding",
    LinkType.Ethernet,
    ethernet(0x8100, vlan(1, 0x8100, vlan(2, 0x8100, vlan(3, 0x8100, vlan(4, 0x0800, inner))))),
    ["vlan 1,2,3 proto 0 vlan.too_many_layers"],
  ],
  [
    "802.1ah",
    LinkType.Ethernet,
    ethernet(0x88e7, join(hex("00000001 020000000002 020000000001 0800"), inner)),
    ['ip4 proto 17 7>8 "x"'],
  ],
  ["VN-Tag", LinkType.Ethernet, ethernet(0x8926, join(hex("00000000 0800"), inner)), ['ip4 proto 17 7>8 "x"']],
  ["E-Tag", LinkType.Ethernet, ethernet(0x893f, join(hex("100000d3 0800"), inner)), ['ip4 proto 17 7>8 "x"']],
  [
    "Cisco Fabric Path",
    LinkType.Ethernet,
    ethernet(0x8903, join(hex("0000"), innerEthernet)),
    ['ip4 proto 17 7>8 "x"'],
  ],
  ["MPLS, explicit null", LinkType.Ethernet, ethernet(0x8847, join(hex("00000100"), inner)), ['ip4 proto 17 7>8 "x"']],
  [
    "MPLS, two labels, IPv4 guessed",
    LinkType.Ethernet,
    ethernet(0x8847, join(hex("00100000 00200100"), inner)),
    ['ip4 proto 17 7>8 "x"'],
  ],
  [
    "MPLS, Ethernet pseudo-wire",
    LinkType.Ethernet,
    ethernet(0x8847, join(hex("00200100 00000000"), innerEthernet)),
    ['ip4 proto 17 7>8 "x"'],
  ],
  [
    "PPPoE session",
    LinkType.Ethernet,
    ethernet(0x8864, join(hex("11000001"), be16(inner.length + 2), be16(0x0021), inner)),
    ['ip4 proto 17 7>8 "x"'],
  ],
  [
    "PPPoE session, one-byte protocol",
    LinkType.Ethernet,
    ethernet(0x8864, join(hex("11000001"), be16(inner.length + 1), [0x21], inner)),
    ['ip4 proto 17 7>8 "x"'],
  ],
  ["PPPoE discovery", LinkType.Ethernet, ethernet(0x8863, hex("1109 0000 0004 0101 0000")), ["proto 0"]],
  [
    "NSH",
    LinkType.Ethernet,
    ethernet(0x894f, join(hex("0006 0101 00000000"), new Uint8Array(16), inner)),
    ['ip4 proto 17 7>8 "x"'],
  ],
  [
    "ARP",
    LinkType.Ethernet,
    ethernet(0x0806, hex("0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002")),
    ["proto 0"],
  ],
  ["raw IPv4", LinkType.Raw, inner, ['ip4 proto 17 7>8 "x"']],
  ["raw IPv6", LinkType.Raw, ipv6(17, udp(text("x"), 7, 8)), ['ip6 proto 17 7>8 "x"']],
  ["BSD null, little-endian family", LinkType.Null, join(hex("02000000"), inner), ['ip4 proto 17 7>8 "x"']],
  [
    "BSD null, IPv6 of macOS",
    LinkType.Null,
    join(hex("1e000000"), ipv6(17, udp(text("x"), 7, 8))),
    ['ip6 proto 17 7>8 "x"'],
  ],
  ["OpenBSD loop, network order", LinkType.Loop, join(hex("00000002"), inner), ['ip4 proto 17 7>8 "x"']],
  ["PPP with HDLC framing", LinkType.Ppp, join(hex("ff03 0021"), inner), ['ip4 proto 17 7>8 "x"']],
  ["PPP without", LinkType.Ppp, join(hex("0021"), inner), ['ip4 proto 17 7>8 "x"']],
  ["PPP, one-byte protocol", LinkType.Ppp, join(hex("21"), inner), ['ip4 proto 17 7>8 "x"']],
  ["Cisco HDLC", LinkType.CiscoHdlc, join(hex("0f00 0800"), inner), ['ip4 proto 17 7>8 "x"']],
  [
    "Linux cooked",
    LinkType.LinuxSll,
    join(hex("0000 0001 0006 0200000000010000 0800"), inner),
    ['ip4 proto 17 7>8 "x"'],
  ],
  [
    "Linux cooked 2",
    LinkType.LinuxSll2,
    join(hex("0800 0000 00000001 0001 00 06 0200000000010000"), inner),
    ['ip4 proto 17 7>8 "x"'],
  ],
  ["802.11 is refused", LinkType.Ieee80211, inner, ["proto 0"]],
  [
    "SCTP",
    LinkType.Raw,
    ipv4(132, join(be16(7), be16(9), new Uint8Array(8), text("chunk"))),
    ['ip4 proto 132 7>9 "chunk"'],
  ],
  ["ESP", LinkType.Raw, ipv4(50, join(be32(0x1234), be32(1), text("secret"))), ['ip4 proto 50 "secret"']],
  ["IGMP has no transport", LinkType.Raw, ipv4(2, hex("1600 0000 e0000001")), ["ip4 proto 2"]],
  ["IP in IP", LinkType.Raw, ipv4(4, inner), ["ip4 proto 4", 'ip4 proto 17 7>8 "x"']],
  ["6in4", LinkType.Raw, ipv4(41, ipv6(17, udp(text("x"), 7, 8))), ["ip4 proto 41", 'ip6 proto 17 7>8 "x"']],
  ["4in6", LinkType.Raw, ipv6(4, inner), ["ip6 proto 4", 'ip4 proto 17 7>8 "x"']],
  ["6in6", LinkType.Raw, ipv6(41, ipv6(17, udp(text("x"), 7, 8))), ["ip6 proto 41", 'ip6 proto 17 7>8 "x"']],
  ["GRE", LinkType.Raw, ipv4(47, join(hex("0000 0800"), inner)), ["ip4 proto 47", 'ip4 proto 17 7>8 "x"']],
  [
    "GRE with checksum, key, sequence",
    LinkType.Raw,
    ipv4(47, join(hex("b000 0800"), new Uint8Array(12), inner)),
    ["ip4 proto 47", 'ip4 proto 17 7>8 "x"'],
  ],
  [
    "GRE with source routes",
    LinkType.Raw,
    ipv4(47, join(hex("4000 0800 00000000 0800 0004 0a000003 0000 0000"), inner)),
    ["ip4 proto 47", 'ip4 proto 17 7>8 "x"'],
  ],
  [
    "PPTP",
    LinkType.Raw,
    ipv4(47, join(hex("3001 880b"), be16(inner.length + 4), hex("0001 00000001 ff03 0021"), inner)),
    ["ip4 proto 47", 'ip4 proto 17 7>8 "x"'],
  ],
  [
    "GRE in IPv6, Ethernet inside",
    LinkType.Raw,
    ipv6(47, join(hex("0000 6558"), innerEthernet)),
    ["ip6 proto 47", 'ip4 proto 17 7>8 "x"'],
  ],
  ["ERSPAN I", LinkType.Raw, ipv4(47, join(hex("0000 88be"), innerEthernet)), ["ip4 proto 47", 'ip4 proto 17 7>8 "x"']],
  [
    "ERSPAN II with its VLAN",
    LinkType.Raw,
    ipv4(47, join(hex("1000 88be 00000001 1017 0000 00000000"), innerEthernet)),
    ["ip4 proto 47", 'vlan 23 ip4 proto 17 7>8 "x"'],
  ],
  [
    "Teredo",
    LinkType.Raw,
    ipv4(17, udp(ipv6(17, udp(text("x"), 7, 8)), 3544, 9)),
    ["ip4 proto 17 3544>9 *", 'ip6 proto 17 7>8 "x"'],
  ],
  [
    "Teredo behind an origin indication",
    LinkType.Raw,
    ipv4(17, udp(join(new Uint8Array(8), ipv6(17, udp(text("x"), 7, 8))), 9, 3544)),
    ["ip4 proto 17 9>3544 *", 'ip6 proto 17 7>8 "x"'],
  ],
  [
    "Teredo with a byte too many is plain UDP",
    LinkType.Raw,
    ipv4(17, udp(join(ipv6(17, udp(text("x"))), [0]), 9, 3544)),
    ["ip4 proto 17 9>3544 *"],
  ],
  [
    "VXLAN",
    LinkType.Raw,
    ipv4(17, udp(join(hex("08000000 00002500"), innerEthernet), 9, 4789)),
    ["ip4 proto 17 9>4789 *", 'ip4 proto 17 7>8 "x"'],
  ],
  [
    "VXLAN on the source port",
    LinkType.Raw,
    ipv4(17, udp(join(hex("08000000 00002500"), innerEthernet), 4789, 9)),
    ["ip4 proto 17 4789>9 *", 'ip4 proto 17 7>8 "x"'],
  ],
  [
    "Geneve with an option",
    LinkType.Raw,
    ipv4(17, udp(join(hex("02006558 00002500 0108 00 01 11111111"), innerEthernet), 9, 6081)),
    ["ip4 proto 17 9>6081 *", 'ip4 proto 17 7>8 "x"'],
  ],
  ["fragments wait", LinkType.Raw, ipv4(17, udp(text("01234567")), { more: true }), ["ip4 proto 17"]],
];

for (const [name, link, frame, expected] of table) {
  test(name, () => {
    const seen = show(frame, link).map((s, i) => (expected[i]?.endsWith("*") ? s.replace(/ ".*$/s, " *") : s));
    assert.equal(seen, expected);
  });
}

test("a tunnel's outer packet keeps its payload from inspection, and each packet its own source", () => {
  const packets = wire.decode(ipv4(47, join(hex("0000 0800"), ipv4(4, inner))), LinkType.Raw);
  assert.equal(
    packets.map((p) => p.source),
    [1, 2, 3],
  );
  assert.equal(
    packets.map((p) => p.depth),
    [0, 1, 2],
  );
  assert.equal(
    packets.map((p) => (p.get("flags") & (1 << 11)) !== 0),
    [true, true, false],
  );
});

test("an inner packet whose first header is broken is none", () => {
  const packets = wire.decode(ipv4(47, join(hex("0000 0800"), inner.subarray(0, 19))), LinkType.Raw);
  assert.is(packets.length, 1);
  assert.is(packets[0]?.invalid, false);
});

test("TCP fields and options", () => {
  const options = hex("020405b4 0402 080a00000001 00000002 01 03030e");
  const [p] = wire.decode(
    ipv4(6, tcp(GET, { sequence: 0x01020304, acknowledgement: 5, flags: 0x12, window: 99, options })),
    101,
  );
  assert.ok(p);
  assert.equal(
    [p.get("sequence"), p.get("acknowledgement"), p.get("tcpFlags"), p.get("window")],
    [0x01020304, 5, 0x12, 99],
  );
  assert.equal([p.get("mss"), p.get("windowScale"), p.get("timestampValue"), p.get("timestampEcho")], [1460, 14, 1, 2]);
  assert.is(p.get("tcpOptions"), TcpOption.Mss | TcpOption.SackPermitted | TcpOption.Timestamp | TcpOption.WindowScale);
  assert.is(p.get("transportLength"), 40);
});

test("a window scale beyond 14 counts as none", () => {
  const [p] = wire.decode(ipv4(6, tcp(GET, { options: hex("03030f01") })), 101);
  assert.is(p?.get("windowScale"), 0);
});

test("SACK blocks, fast open in its experimental form", () => {
  const options = hex("0512 00000001 00000002 00000003 00000004 fe04f989 0101");
  const [p] = wire.decode(ipv4(6, tcp(GET, { options })), 101);
  assert.is(p?.get("sackCount"), 2);
  assert.is(p?.get("tcpOptions"), TcpOption.Sack | TcpOption.FastOpen);
});

test("ICMP errors quote ports; echo has an identifier", () => {
  const quoted = ipv4(6, tcp(GET, { source: 4000, destination: 80 }), { source: "10.0.0.2", destination: "10.0.0.1" });
  const [p] = wire.decode(ipv4(1, icmp(3, 1, join(be32(0), quoted.subarray(0, 28)))), 101);
  assert.equal(
    [p?.get("embeddedProto"), p?.get("embeddedSourcePort"), p?.get("embeddedDestinationPort")],
    [6, 4000, 80],
  );
  const [echo] = wire.decode(ipv4(1, icmp(8, 0, join(be16(77), be16(1), text("data")))), 101);
  assert.is(echo?.get("icmpId"), 77);
  assert.is(Buffer.from(echo?.payload ?? []).toString(), "data");
});

test("nesting ends at MaxLayers: a tunnel costs one layer, its header another", () => {
  let packet = inner;
  for (let i = 0; i < 30; i++) packet = ipv4(4, packet);
  const packets = wire.decode(packet, LinkType.Raw);
  assert.is(packets.length, 8);
  assert.equal(packets.at(-1)?.events, ["too_many_layers"]);
});

test.run();
