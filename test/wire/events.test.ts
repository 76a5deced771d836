/** Malformed headers and the events they raise, as Suricata 8 does. `!` marks a packet that becomes invalid. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../assembly/abi/codes.ts";
import {
  type Bytes,
  be16,
  be32,
  ethernet,
  fragment6,
  hex,
  icmp,
  ipv4,
  ipv6,
  join,
  tcp,
  text,
  udp,
  vlan,
} from "./build.ts";
import { openWire } from "./view.ts";

const wire = await openWire();
const nothing = new Uint8Array(0);
const options = (bytes: string): Bytes => ipv4(17, udp(text("x")), { options: hex(bytes) });
const tcpOptions = (bytes: string): Bytes => ipv4(6, tcp(nothing, { options: hex(bytes) }));
const gre = (bytes: string): Bytes => ipv4(47, hex(bytes));
const mpls = (bytes: string): Bytes => ethernet(0x8847, hex(bytes));
const nsh = (bytes: string): Bytes => ethernet(0x894f, hex(bytes));
const arp = (bytes: string): Bytes => ethernet(0x0806, hex(bytes));
const pppoe = (bytes: string): Bytes => ethernet(0x8864, hex(bytes));
const patch = (bytes: Bytes, at: number, value: number): Bytes => {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
};
const QUOTED = ipv4(6, tcp(nothing));
const UDP4 = ipv4(17, udp(text("x")));
const UDP6 = ipv6(17, udp(text("x")));

const RAW = LinkType.Raw;
const ETH = LinkType.Ethernet;

/** Link type, frame, events of the frame's packet. */
const table: [string, LinkType, Bytes, string][] = [
  ["Ethernet cut", ETH, hex("020000000002 0200000000"), "! ethernet.pkt_too_small"],
  ["EtherType nobody knows", ETH, ethernet(0x1234, text("x")), "ethernet.unknown_ethertype"],
  ["VLAN cut", ETH, ethernet(0x8100, hex("0001 08")), "! vlan.header_too_small"],
  [
    "VLAN with an unknown type",
    ETH,
    ethernet(0x8100, vlan(1, 0x1234, nothing)),
    "! ethernet.unknown_ethertype vlan.unknown_type",
  ],
  ["802.1ah cut", ETH, ethernet(0x88e7, hex("00000001")), "! ieee8021ah.header_too_small"],
  ["VN-Tag cut", ETH, ethernet(0x8926, hex("00000001 08")), "! vntag.header_too_small"],
  [
    "VN-Tag with an unknown type",
    ETH,
    ethernet(0x8926, hex("00000001 1234")),
    "! ethernet.unknown_ethertype vntag.unknown_type",
  ],
  ["E-Tag cut", ETH, ethernet(0x893f, hex("002008")), "! etag.header_too_small"],
  [
    "E-Tag with an unknown type",
    ETH,
    ethernet(0x893f, hex("100000d3 ff00 0800")),
    "! ethernet.unknown_ethertype etag.unknown_type",
  ],
  ["Fabric Path cut", ETH, ethernet(0x8903, hex("0000")), "! dce.pkt_too_small"],
  ["Linux cooked cut", LinkType.LinuxSll, new Uint8Array(15), "! sll.pkt_too_small"],
  ["Linux cooked 2 cut", LinkType.LinuxSll2, new Uint8Array(19), "! sll2.pkt_too_small"],
  ["BSD null cut", LinkType.Null, hex("020000"), "! ltnull.pkt_too_small"],
  ["BSD null, unknown family", LinkType.Null, hex("63000000"), "ltnull.unsupported_type"],
  ["Cisco HDLC cut", LinkType.CiscoHdlc, hex("0f00 08"), "! chdlc.pkt_too_small"],
  ["raw, too short for IP", RAW, new Uint8Array(19), "! ipv4.pkt_too_small"],
  ["raw, neither 4 nor 6", RAW, new Uint8Array(20), "ipraw.invalid_ip_version"],

  ["PPP cut", LinkType.Ppp, hex("ff03"), "! ppp.pkt_too_small"],
  ["PPP, IPv4 cut", LinkType.Ppp, hex("ff030021 45c000"), "! ppp.ip4_pkt_too_small"],
  ["PPP, IPv6 cut", LinkType.Ppp, hex("ff030057 60"), "! ppp.ip6_pkt_too_small"],
  ["PPP, Van Jacobson cut", LinkType.Ppp, hex("ff03002f 45"), "! ppp.vju_pkt_too_small"],
  ["PPP, IPX is not supported", LinkType.Ppp, hex("ff03002b 00"), "ppp.unsup_proto"],
  ["PPP, link control is normal", LinkType.Ppp, hex("ff03c021 00"), ""],
  ["PPP, protocol nobody knows", LinkType.Ppp, hex("ff030000 45"), "! ppp.wrong_type"],
  ["PPPoE cut", ETH, pppoe("1100000000"), "! pppoe.pkt_too_small"],
  ["PPPoE, IPv4 cut", ETH, pppoe("1100000100040021 4500"), "! ppp.ip4_pkt_too_small"],
  ["PPPoE discovery, unknown code", ETH, ethernet(0x8863, hex("11bb 0000 0004 0101 0000")), "! pppoe.wrong_code"],
  ["PPPoE discovery, tags too long", ETH, ethernet(0x8863, hex("1107 0000 0020 0101 0000")), "! pppoe.malformed_tags"],

  ["ARP cut", ETH, arp("0001 0800 0604 00"), "! arp.pkt_too_small"],
  ["ARP, not Ethernet", ETH, arp("0006 0800 0604 0001"), "! arp.unsupported_hardware"],
  ["ARP, not IPv4", ETH, arp("0001 86dd 0604 0001"), "! arp.unsupported_protocol"],
  ["ARP without addresses", ETH, arp("0001 0800 0604 0001"), "! arp.unsupported_pkt"],
  ["ARP, hardware address of 8", ETH, arp(`0001 0800 0804 0001${"00".repeat(20)}`), "! arp.invalid_hardware_size"],
  ["ARP, protocol address of 8", ETH, arp(`0001 0800 0608 0001${"00".repeat(20)}`), "! arp.invalid_protocol_size"],
  ["ARP, operation 77", ETH, arp(`0001 0800 0604 004d${"00".repeat(20)}`), "! arp.unsupported_opcode"],

  ["MPLS cut", ETH, mpls("000011"), "! mpls.header_too_small"],
  ["MPLS without payload", ETH, mpls("000151ff 450102"), "! mpls.pkt_too_small"],
  ["MPLS, router alert at the bottom", ETH, mpls("000011ff 45000000"), "mpls.bad_label_router_alert"],
  ["MPLS, implicit null", ETH, mpls("000031ff 45000000"), "mpls.bad_label_implicit_null"],
  ["MPLS, reserved label", ETH, mpls("000051ff 45000000"), "mpls.bad_label_reserved"],
  ["MPLS, unknown payload", ETH, mpls("000151ff 15000000"), "! mpls.unknown_payload_type"],

  ["NSH cut", ETH, nsh("00040201000002"), "! nsh.header_too_small"],
  ["NSH, version 3", ETH, nsh("ff040201 00000202 45"), "nsh.unsupported_version"],
  ["NSH without payload", ETH, nsh("00020201 00000202"), "! nsh.bad_header_length"],
  ["NSH, reserved metadata type", ETH, nsh("00020001 00000202 45"), "nsh.reserved_type"],
  ["NSH, type 1 of the wrong size", ETH, nsh("00020101 00000202 45"), "! nsh.bad_header_length"],
  ["NSH, unsupported metadata type", ETH, nsh("00020301 00000202 45"), "nsh.unsupported_type"],
  ["NSH, unknown payload", ETH, nsh("00020299 00000202 45"), "nsh.unknown_payload"],

  ["IPv4, wrong version", ETH, ethernet(0x0800, UDP6), "! ipv4.wrong_ip_version"],
  ["IPv4, header of 16 bytes", RAW, patch(UDP4, 0, 0x44), "! ipv4.hlen_too_small"],
  ["IPv4, shorter than its header", RAW, ipv4(17, udp(text("x")), { total: 19 }), "! ipv4.iplen_smaller_than_hlen"],
  ["IPv4, longer than the frame", RAW, ipv4(17, udp(text("x")), { total: 99 }), "! ipv4.trunc_pkt"],
  ["IPv4 with ICMPv6", RAW, ipv4(58, text("12345678")), "! ipv4.icmpv6"],
  ["options not padded to 8", RAW, options("01010101"), "ipv4.opt_pad_required"],
  ["option longer than the rest", RAW, options("8806 0000 01010101"), "! ipv4.opt_invalid_len"],
  ["option of length 1", RAW, options("8801 0000 01010101"), "! ipv4.opt_invalid_len"],
  ["stream id twice", RAW, options("88040001 88040001"), "ipv4.opt_duplicate"],
  ["route pointing into itself", RAW, options("070b03 0000000000000000 00 00000000"), "! ipv4.opt_malformed"],
  ["timestamp pointer too small", RAW, options("440c0401 0000000000000000 00000000"), "! ipv4.opt_malformed"],
  ["option nobody knows", RAW, options("a1040000 01010101"), "ipv4.opt_invalid"],
  ["one byte left for an option", RAW, options("0101010101010107"), "ipv4.opt_eol_required"],
  ["security of the wrong length", RAW, options("82040000 01010101"), "! ipv4.opt_invalid_len"],
  ["CIPSO with a reserved tag", RAW, options("860a00000001 00040000 0000 00000000"), "! ipv4.opt_malformed"],

  ["IPv6 cut", ETH, ethernet(0x86dd, UDP6.subarray(0, 39)), "! ipv6.pkt_too_small"],
  ["IPv6, wrong version", ETH, ethernet(0x86dd, join(UDP4, new Uint8Array(40))), "! ipv6.wrong_ip_version"],
  ["IPv6, longer than the frame", RAW, ipv6(17, udp(text("x")), { total: 99 }), "! ipv6.trunc_pkt"],
  ["IPv6, next header nobody knows", RAW, ipv6(200, text("xx")), "ipv6.unknown_next_header"],
  ["IPv6 with ICMPv4", RAW, ipv6(1, text("12345678")), "ipv6.icmpv4"],
  ["data after no next header", RAW, ipv6(59, text("x")), "ipv6.data_after_none_header"],
  ["extension header cut", RAW, ipv6(0, hex("11 01 0000 00000000")), "! ipv6.trunc_exthdr"],
  [
    "hop-by-hop twice",
    RAW,
    ipv6(0, join(hex("0000 0502 0000 0100 1100 0502 0000 0100"), udp(nothing))),
    "ipv6.zero_len_padn ipv6.exthdr_dupl_hh",
  ],
  [
    "only padding, hop-by-hop",
    RAW,
    ipv6(0, join(hex("1100 0104 00000000"), udp(nothing))),
    "ipv6.hopopts_only_padding",
  ],
  [
    "only padding, destination",
    RAW,
    ipv6(60, join(hex("1100 0104 00000000"), udp(nothing))),
    "ipv6.dstopts_only_padding",
  ],
  [
    "unknown option, hop-by-hop",
    RAW,
    ipv6(0, join(hex("1100 3e04 00000000"), udp(nothing))),
    "ipv6.hopopts_unknown_opt",
  ],
  [
    "unknown option, destination",
    RAW,
    ipv6(60, join(hex("1100 3e04 00000000"), udp(nothing))),
    "ipv6.dstopts_unknown_opt",
  ],
  [
    "three destination headers",
    RAW,
    ipv6(60, join(hex("3c00 c204 00000000 3c00 c204 00000000 1100 c204 00000000"), udp(nothing))),
    "ipv6.exthdr_dupl_dh",
  ],
  [
    "option longer than its header",
    RAW,
    ipv6(60, join(hex("1100 3e09 00000000"), udp(nothing))),
    "! ipv6.exthdr_invalid_optlen",
  ],
  ["routing type 0", RAW, ipv6(43, join(hex("1100 0000 00000000"), udp(nothing))), "ipv6.rh_type_0"],
  [
    "routing twice",
    RAW,
    ipv6(43, join(hex("2b00 0200 00000000 1100 0200 00000000"), udp(nothing))),
    "ipv6.exthdr_dupl_rh",
  ],
  [
    "AH, reserved bytes set",
    RAW,
    ipv6(51, join(hex("1101 0001 00000001 00000001"), udp(nothing))),
    "ipv6.exthdr_ah_res_not_null",
  ],
  [
    "AH twice",
    RAW,
    ipv6(51, join(hex("3301 0000 00000001 00000001 1101 0000 00000001 00000001"), udp(nothing))),
    "ipv6.exthdr_dupl_ah",
  ],
  ["atomic fragment", RAW, ipv6(44, fragment6(17, 1, 0, false, udp(nothing))), "ipv6.exthdr_useless_fh"],
  [
    "fragment header twice",
    RAW,
    ipv6(44, fragment6(44, 1, 0, false, fragment6(17, 1, 0, false, udp(nothing)))),
    "ipv6.exthdr_useless_fh ipv6.exthdr_dupl_fh",
  ],
  [
    "fragment header, reserved byte",
    RAW,
    ipv6(44, patch(fragment6(17, 1, 0, false, udp(nothing)), 1, 9)),
    "ipv6.fh_non_zero_reserved_field ipv6.exthdr_useless_fh",
  ],
  ["fragment not of eights", RAW, ipv6(44, fragment6(17, 1, 0, true, text("123"))), "ipv6.frag_invalid_length"],
  ["4in6 cut", RAW, ipv6(4, new Uint8Array(19)), "! ipv6.ipv4_in_ipv6_too_small"],
  ["4in6, wrong version", RAW, ipv6(4, new Uint8Array(20)), "! ipv6.ipv4_in_ipv6_wrong_version"],
  ["6in6 cut", RAW, ipv6(41, new Uint8Array(39)), "! ipv6.ipv6_in_ipv6_too_small"],
  ["6in6, wrong version", RAW, ipv6(41, new Uint8Array(40)), "! ipv6.ipv6_in_ipv6_wrong_version"],

  ["TCP cut", RAW, ipv4(6, new Uint8Array(19)), "! tcp.pkt_too_small"],
  ["TCP header longer than the packet", RAW, ipv4(6, patch(tcp(nothing), 12, 0x60)), "! tcp.hlen_too_small"],
  ["TCP header of 16 bytes", RAW, ipv4(6, patch(tcp(nothing), 12, 0x40)), "! tcp.invalid_optlen"],
  ["TCP window scale of the wrong length", RAW, tcpOptions("0304 0101"), "tcp.opt_invalid_len"],
  ["TCP option longer than the rest", RAW, tcpOptions("0309 0101"), "! tcp.opt_invalid_len"],
  ["TCP option of length 0", RAW, tcpOptions("0300 0101"), "! tcp.opt_invalid_len"],
  ["TCP, maximum segment size twice", RAW, tcpOptions("02040001 02040001"), "tcp.opt_duplicate"],
  ["TCP, MD5 of the wrong length", RAW, tcpOptions("13040000"), "! tcp.opt_invalid_len"],
  ["UDP cut", RAW, ipv4(17, new Uint8Array(7)), "! udp.hlen_too_small"],
  ["UDP longer than the packet", RAW, ipv4(17, udp(text("x"), 1, 2, 99)), "! udp.pkt_too_small"],
  ["UDP shorter than its header", RAW, ipv4(17, udp(text("x"), 1, 2, 7)), "! udp.len_invalid"],
  ["SCTP cut", RAW, ipv4(132, new Uint8Array(11)), "! sctp.pkt_too_small"],
  ["ESP cut", RAW, ipv4(50, new Uint8Array(7)), "! esp.pkt_too_small"],

  ["ICMP cut", RAW, ipv4(1, new Uint8Array(7)), "! icmpv4.pkt_too_small"],
  ["ICMP, unknown type", RAW, ipv4(1, icmp(0xab, 0, be32(0))), "icmpv4.unknown_type"],
  ["ICMP, unknown code", RAW, ipv4(1, icmp(3, 16, be32(0))), "icmpv4.unknown_code"],
  [
    "ICMP error, quoted packet cut",
    RAW,
    ipv4(1, icmp(3, 1, join(be32(0), QUOTED.subarray(0, 19)))),
    "! icmpv4.ipv4_trunc_pkt",
  ],
  ["ICMP error, quoted version 6", RAW, ipv4(1, icmp(11, 0, join(be32(0), UDP6))), "! icmpv4.ipv4_unknown_ver"],
  ["ICMPv6 cut", RAW, ipv6(58, new Uint8Array(7)), "! icmpv6.pkt_too_small"],
  ["ICMPv6, unknown code", RAW, ipv6(58, hex("0107 0000 00000000")), "icmpv6.unknown_code"],
  ["ICMPv6, unassigned", RAW, ipv6(58, hex("6600 0000 00000000")), "icmpv6.unassigned_type"],
  ["ICMPv6, experimental", RAW, ipv6(58, hex("6400 0000 00000000")), "icmpv6.experimentation_type"],
  ["ICMPv6, type 0", RAW, ipv6(58, hex("0000 0000 00000000")), "icmpv6.unknown_type"],
  [
    "ICMPv6 error, quoted packet cut",
    RAW,
    ipv6(58, join(hex("0100 0000 00000000"), UDP6.subarray(0, 39))),
    "! icmpv6.ipv6_trunc_pkt",
  ],
  [
    "ICMPv6 error, quoted version 4",
    RAW,
    ipv6(58, join(hex("0100 0000 00000000"), UDP4, new Uint8Array(40))),
    "! icmpv6.ipv6_unknown_version",
  ],
  ["multicast listener from afar", RAW, ipv6(58, hex("8200 0000 00000000")), "icmpv6.mld_message_with_invalid_hl"],

  ["GRE cut", RAW, gre("000800"), "! gre.pkt_too_small"],
  ["GRE, version 2", RAW, gre("0002 0800"), "! gre.wrong_version"],
  ["GRE, recursion", RAW, gre("0100 0800"), "! gre.version0_recur"],
  ["GRE, reserved flags", RAW, gre("0008 0800"), "! gre.version0_flags"],
  ["GRE, fields cut", RAW, gre("2000 0800"), "! gre.version0_hdr_too_big"],
  ["GRE, routes without end", RAW, gre("4000 0800 00000000 0800 00ff"), "! gre.version0_malformed_sre_hdr"],
  ["PPTP with a checksum", RAW, gre("8001 880b"), "! gre.version1_chksum"],
  ["PPTP with routes", RAW, gre("4001 880b"), "! gre.version1_route"],
  ["PPTP, strict route", RAW, gre("0801 880b"), "! gre.version1_ssr"],
  ["PPTP, recursion", RAW, gre("0101 880b"), "! gre.version1_recur"],
  ["PPTP, reserved flags", RAW, gre("0009 880b"), "! gre.version1_flags"],
  ["PPTP, not PPP", RAW, gre("2001 0800"), "! gre.version1_wrong_protocol"],
  ["PPTP without key", RAW, gre("0001 880b"), "! gre.version1_no_key"],
  ["PPTP, fields cut", RAW, gre("2001 880b"), "! gre.version1_hdr_too_big"],
  [
    "VXLAN, unknown inside",
    RAW,
    ipv4(17, udp(join(hex("08000000 00002500"), ethernet(0x1234, nothing)), 9, 4789)),
    "! vxlan.unknown_payload_type",
  ],
  ["Geneve, unknown inside", RAW, ipv4(17, udp(hex("00001234 00002500"), 9, 6081)), "! geneve.unknown_payload_type"],
];

for (const [name, link, frame, expected] of table) {
  test(name, () => {
    const [p] = wire.decode(frame, link);
    assert.is(`${p?.invalid ? "! " : ""}${p?.events.join(" ")}`, expected);
  });
}

test("inside a tunnel, events are those of the inner packet", () => {
  const packets = wire.decode(ipv4(47, join(hex("0000 0800"), ipv4(6, new Uint8Array(19)))), RAW);
  assert.equal(
    packets.map((p) => p.events),
    [[], ["tcp.pkt_too_small"]],
  );
});

test("checksums: none of a fragment, right, wrong, and not asked when partial", () => {
  const good = ipv4(1, icmp(8, 0, be32(1)));
  const sums = (frame: Bytes, flags = 0): number[] => {
    wire.decode(frame, RAW, flags);
    return [wire.room.ipSum?.(0) ?? -1, wire.room.transportSum?.(0) ?? -1];
  };
  assert.equal(sums(good), [1, 1]);
  assert.equal(sums(patch(patch(good, 8, 63), 27, 7)), [2, 2]);
  assert.equal(sums(patch(patch(good, 8, 63), 27, 7), 1), [1, 1]);
  assert.equal(sums(UDP4), [1, 0]);
  assert.equal(sums(ipv4(6, tcp(nothing))), [1, 2]);
  assert.equal(sums(ipv4(6, text("12345678"), { more: true })), [1, 0]);
  assert.equal(sums(ipv6(6, tcp(nothing))), [0, 2]);
});

test("a port of two bytes is network order", () => {
  assert.equal(
    wire.decode(ipv4(17, join(be16(0x0102), be16(0x0304), be16(8), be16(0))), RAW)[0]?.ports,
    [0x0102, 0x0304],
  );
});

test.run();
