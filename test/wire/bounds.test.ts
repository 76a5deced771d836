/**
 * No frame, however cut or changed, is read outside of its bytes: the frame ends where memory ends, a byte further traps.
 * Whatever comes out lies within the frame.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../assembly/abi/codes.ts";
import { type Bytes, be16, ethernet, fragment6, hex, icmp, ipv4, ipv6, join, tcp, text, udp, vlan } from "./build.ts";
import { type Decoded, openWire } from "./view.ts";

const wire = await openWire();
const inner = ipv4(6, tcp(text("payload"), { options: hex("020405b4 0402 080a00000001 00000002 01 030307") }));
const options4 = hex("07070400000000 440c0501 0000000000000000 88040001 94040000 01 00");

/** One of every kind of header. */
const seeds: [LinkType, Bytes][] = [
  [LinkType.Ethernet, ethernet(0x8100, vlan(1, 0x8100, vlan(2, 0x0800, inner)))],
  [LinkType.Raw, ipv4(17, udp(text("x")), { options: options4 })],
  [
    LinkType.Raw,
    ipv6(
      0,
      join(
        hex("2b00 0502 0000 0100 3c00 0200 00000000 3300 c204 00000000 2c01 0000 00000001 00000001"),
        fragment6(6, 1, 0, false, tcp(text("x"))),
      ),
    ),
  ],
  [LinkType.Raw, ipv4(1, icmp(3, 1, join(hex("00000000"), inner)))],
  [LinkType.Raw, ipv6(58, join(hex("0100 0000 00000000"), ipv6(6, tcp(text("x")))))],
  [LinkType.Raw, ipv4(47, join(hex("4000 0800 00000000 0800 0004 0a000003 0000 0000"), inner))],
  [LinkType.Raw, ipv4(47, join(hex("3081 880b"), be16(4), hex("0001 00000001 00000002 ff03 0021"), inner))],
  [LinkType.Raw, ipv4(47, join(hex("1000 88be 00000001 1017 0000 00000000"), ethernet(0x0800, inner)))],
  [LinkType.Raw, ipv4(17, udp(join(hex("08000000 00002500"), ethernet(0x8100, vlan(1, 0x0800, inner))), 9, 4789))],
  [LinkType.Raw, ipv4(17, udp(join(hex("02006558 00002500 0108 00 01 11111111"), ethernet(0x0800, inner)), 9, 6081))],
  [LinkType.Raw, ipv4(17, udp(join(new Uint8Array(8), ipv6(6, tcp(text("x")))), 9, 3544))],
  [LinkType.Ethernet, ethernet(0x8847, join(hex("00100000 00200100 00000000"), ethernet(0x0800, inner)))],
  [LinkType.Ethernet, ethernet(0x8864, join(hex("11000001"), be16(inner.length + 2), be16(0x0021), inner))],
  [LinkType.Ethernet, ethernet(0x8863, hex("1107 0000 0008 0101 0004 00000000"))],
  [LinkType.Ethernet, ethernet(0x894f, join(hex("0006 0101 00000000"), new Uint8Array(16), inner))],
  [
    LinkType.Ethernet,
    ethernet(0x88e7, join(hex("00000001 020000000002 020000000001 8926 00000000 893f 100000d3 0800"), inner)),
  ],
  [LinkType.Ethernet, ethernet(0x0806, hex("0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002"))],
  [LinkType.Ppp, join(hex("ff03 002f"), inner)],
  [LinkType.LinuxSll, join(hex("0000 0001 0006 0200000000010000 0800"), inner)],
  [LinkType.LinuxSll2, join(hex("0800 0000 00000001 0001 00 06 0200000000010000"), inner)],
  [LinkType.Null, join(hex("02000000"), inner)],
];

/** Are all addresses that a packet gives within its frame, and the checksums computable? */
function inside(packets: Decoded[], frame: Bytes): void {
  const end = wire.start + frame.length;
  packets.forEach((p, i) => {
    const spans: [string, string][] = [
      ["frameAddress", "frameLength"],
      ["ip", "ipLength"],
      ["transport", "transportLength"],
      ["payload", "payloadLength"],
    ];
    for (const [at, length] of spans) {
      const start = p.get(at);
      if (start === 0) continue;
      assert.ok(start >= wire.start && start + p.get(length) <= end, `${at} of packet ${i} leaves the frame`);
    }
    wire.room.ipSum?.(i);
    wire.room.transportSum?.(i);
  });
}

test("every seed cut at every byte", () => {
  for (const [link, frame] of seeds) {
    for (let length = 0; length <= frame.length; length++) {
      const cut = frame.subarray(0, length);
      inside(wire.decode(cut, link), cut);
    }
  }
});

test("a hundred thousand changed frames", () => {
  // xorshift: the same frames in every run.
  let state = 0x9e3779b9;
  const random = (n: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
  for (let i = 0; i < 100_000; i++) {
    const [link, seed] = seeds[random(seeds.length)]!;
    const frame = seed.slice(0, random(4) === 0 ? random(seed.length + 1) : seed.length);
    for (let n = random(6); n >= 0 && frame.length > 0; n--) {
      const at = random(frame.length);
      frame[at] = random(3) === 0 ? (frame[at] ?? 0) ^ (1 << random(8)) : random(256);
    }
    inside(wire.decode(frame, link), frame);
  }
});

test.run();
