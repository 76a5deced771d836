/**
 * Reassembly of IP fragments. A fragment is written `letter offset length`, in bytes, with `+` when more follow; a datagram as one letter
 * for every eight bytes. The overlap scenario is that of Novak, "Target-based fragmentation reassembly" (2005), figure 1.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../assembly/abi/codes.ts";
import { Setting, TargetOs } from "../../assembly/abi/settings.ts";
import { type Bytes, ethernet, fragment6, hex, ipv4, ipv6, join, text, udp, vlan } from "../wire/build.ts";
import { FlowRoom, type Seen } from "./view.ts";

const RAW = LinkType.Raw;
const TEST_PROTO = 253;

interface Piece {
  letter: string;
  offset: number;
  length: number;
  more: boolean;
}

function pieces(source: string): Piece[] {
  return source
    .split(",")
    .map((s) => s.trim())
    .map((s) => {
      const [, letter = "", offset, length, more] = /^(\w) (\d+) (\d+)(\+?)$/.exec(s) ?? [];
      return { letter, offset: Number(offset), length: Number(length), more: more === "+" };
    });
}

const bytesOf = (p: Piece): Bytes => text(p.letter.repeat(p.length));
const as4 = (p: Piece, id = 7): Bytes => ipv4(TEST_PROTO, bytesOf(p), { id, offset: p.offset, more: p.more });
const as6 = (p: Piece, id = 7): Bytes => ipv6(44, fragment6(TEST_PROTO, id, p.offset, p.more, bytesOf(p)));

/** Sends all fragments; the datagram as letters, or "" when it never became whole. */
async function rebuilt(os: TargetOs, source: string, version: 4 | 6): Promise<string> {
  const room = await FlowRoom.open([[Setting.HostOs, os]]);
  let result = "";
  for (const piece of pieces(source)) {
    const packets = room.decode(version === 4 ? as4(piece) : as6(piece), RAW);
    const whole = packets[1];
    if (!whole) continue;
    assert.is(result, "", "one datagram, once");
    result = letters(whole.ip.subarray(version === 4 ? 20 : 40));
    assert.is(room.call("defragBytes"), 0, "nothing is kept of a datagram that is whole");
  }
  return result;
}

function letters(data: Bytes): string {
  let out = "";
  for (let i = 0; i < data.length; i += 8) {
    const eight = data.subarray(i, i + 8);
    assert.ok(
      eight.every((b) => b === eight[0]),
      `bytes ${i} to ${i + 8} are of one fragment`,
    );
    out += String.fromCharCode(eight[0] ?? 0);
  }
  return out;
}

const NOVAK = [
  "A 0 24+, B 32 16+, C 48 24+, D 80 8+, E 104 16+, F 120 24+, G 144 16+, H 160 16+, I 176 8+",
  "J 8 32+, K 48 24+, L 72 24+, M 96 24+, N 128 8+, O 152 8+, P 160 8+, Q 176 16",
].join(", ");

/** Target system, fragments, datagram. */
const policies: [string, TargetOs, string, string][] = [
  ["BSD", TargetOs.Bsd, NOVAK, "AAAJJBCCCLLLMMMFFFGGHHIQ"],
  ["Linux", TargetOs.Linux, NOVAK, "AAAJJBKKKLLLMMMFFFGGPHQQ"],
  ["Windows", TargetOs.Windows, NOVAK, "AAAJBBCCCLLLMEEFFFGGHHIQ"],
  ["Solaris", TargetOs.Solaris, NOVAK, "AAAJBBCCCLLLMMMFFFGGHHIQ"],
  ["first", TargetOs.First, NOVAK, "AAAJBBCCCLDLMEEFFFGGHHIQ"],
  ["last", TargetOs.Last, NOVAK, "AJJJJBKKKLLLMMMFNFGOPHQQ"],
  [
    "Linux, an earlier start wins over what is there",
    TargetOs.Linux,
    "A 0 24+, B 40 48+, C 24 48+, D 88 16",
    "AAACCCCCCBBDD",
  ],
  ["BSD, beginning at the end", TargetOs.Bsd, "A 24 16, B 8 16+, C 16 16+, D 0 8+", "DBBCA"],
  ["BSD, what came later overlaps the beginning", TargetOs.Bsd, "A 16 16+, B 8 16+, Z 0 8+, D 32 8", "ZBBAD"],
  ["data behind the last fragment is cut off", TargetOs.Bsd, "C 16 8+, A 0 8+, B 8 8", "AB"],
  ["backwards", TargetOs.Bsd, "C 16 8, B 8 8+, A 0 8+", "ABC"],
  ["a hole", TargetOs.Bsd, "A 0 8+, C 16 8", ""],
  ["no end", TargetOs.Bsd, "A 0 8+, B 8 8+", ""],
  ["no beginning", TargetOs.Bsd, "B 8 8+, C 16 8", ""],
  ["a fragment without data is none", TargetOs.Bsd, "A 0 8+, B 8 0", ""],
];

for (const [name, os, source, expected] of policies) {
  for (const version of [4, 6] as const) {
    test(`IPv${version}, ${name}`, async () => {
      assert.is(await rebuilt(os, source, version), expected);
    });
  }
}

test("overlaps are events of the fragment that overlaps", async () => {
  const room = await FlowRoom.open();
  const events = pieces("A 0 16+, B 8 16+, C 32 8+").map((p) => room.decode(as4(p), RAW)[0]?.events);
  assert.equal(events, [[], ["ipv4.frag_overlap"], []]);
  const events6 = pieces("A 0 16+, B 8 16+, C 32 8+").map((p) => room.decode(as6(p), RAW)[0]?.events);
  assert.equal(events6, [[], ["ipv6.frag_overlap"], []]);
});

test("a datagram longer than one can be", async () => {
  const room = await FlowRoom.open();
  const last = { letter: "A", offset: 65464, length: 71, more: false };
  assert.equal(room.decode(as4(last), RAW)[0]?.events, ["ipv4.frag_pkt_too_large"]);
  assert.equal(room.decode(as6({ ...last, length: 72 }), RAW)[0]?.events, ["ipv6.frag_pkt_too_large"]);
  assert.is(room.call("defragBytes"), 0);
});

test("the rebuilt packet is decoded, stands beside its last fragment, and has a right header", async () => {
  const room = await FlowRoom.open();
  const datagram = udp(text("0123456789abcdef"), 5, 6);
  const frame = (offset: number, data: Bytes, more: boolean) =>
    ethernet(0x8100, vlan(9, 0x0800, ipv4(17, data, { id: 1, offset, more })));
  room.decode(frame(0, datagram.subarray(0, 16), true), LinkType.Ethernet);
  const [fragment, whole] = room.decode(frame(16, datagram.subarray(16), false), LinkType.Ethernet);
  assert.equal([fragment?.proto, fragment?.payload], [17, ""]);
  assert.equal([whole?.source, whole?.outer, whole?.ports, whole?.payload], [6, 0, [5, 6], "0123456789abcdef"]);
  assert.is(room.call("ipSum", 1), 1);
  assert.ok((room.call("flags", 0) & (1 << 11)) !== 0, "the fragment's payload is inspected as the datagram's");
  assert.ok((room.call("flags", 1) & (1 << 4)) !== 0, "PacketFlag.Defragmented");
});

test("IPv6: the header before the fragment header is made to name what follows", async () => {
  const room = await FlowRoom.open();
  const options = (payload: Bytes) => ipv6(60, join(hex("2c00 c204 00000000"), payload));
  const datagram = udp(text("01234567"), 5, 6);
  room.decode(options(fragment6(17, 1, 0, true, datagram.subarray(0, 8))), RAW);
  const [, whole] = room.decode(options(fragment6(17, 1, 8, false, datagram.subarray(8))), RAW);
  assert.equal([whole?.proto, whole?.ports, whole?.payload], [17, [5, 6], "01234567"]);
  assert.is(whole?.ip[40], 17);
});

test("fragments of other VLANs, protocols or identifications are other datagrams", async () => {
  const room = await FlowRoom.open();
  const first = { letter: "A", offset: 0, length: 8, more: true };
  const last = { letter: "B", offset: 8, length: 8, more: false };
  const tagged = (id: number, p: Bytes) => ethernet(0x8100, vlan(id, 0x0800, p));
  room.decode(tagged(1, as4(first)), LinkType.Ethernet);
  assert.is(room.decode(tagged(2, as4(last)), LinkType.Ethernet).length, 1);
  assert.is(room.decode(tagged(1, as4(last, 8)), LinkType.Ethernet).length, 1);
  const other = ipv4(TEST_PROTO - 1, bytesOf(last), { id: 7, offset: 8 });
  assert.is(room.decode(tagged(1, other), LinkType.Ethernet).length, 1);
  assert.is(room.decode(tagged(1, as4(last)), LinkType.Ethernet).length, 2);
});

test("fragments are forgotten after the timeout", async () => {
  const room = await FlowRoom.open();
  const send = (source: string, id: number, seconds: number): Seen[] =>
    room.decode(as4(pieces(source)[0]!, id), RAW, seconds);
  send("A 0 8+", 1, 100);
  assert.is(send("B 8 8", 1, 159).length, 2);
  send("A 0 8+", 2, 100);
  assert.is(send("B 8 8", 2, 160).length, 1);
});

test("with all trackers taken the oldest gives way", async () => {
  const room = await FlowRoom.open([[Setting.DefragTrackers, 4]]);
  const first = pieces("A 0 8+")[0]!;
  const last = pieces("B 8 8")[0]!;
  for (let id = 1; id <= 5; id++) room.decode(as4(first, id), RAW);
  assert.is(room.decode(as4(last, 5), RAW).length, 2);
  assert.is(room.decode(as4(last, 1), RAW).length, 1);
});

test("in prevention none gives way: the host keeps what it has, so a new datagram gets the memcap policy", async () => {
  const room = await FlowRoom.open([
    [Setting.DefragTrackers, 4],
    [Setting.Prevent, 1],
  ]);
  const first = pieces("A 0 8+")[0]!;
  const last = pieces("B 8 8")[0]!;
  for (let id = 1; id <= 5; id++) room.decode(as4(first, id), RAW);
  assert.is(room.call("defragRefused"), 1);
  assert.is(room.decode(as4(last, 1), RAW).length, 2);
});

test("a datagram has so many fragments at most, for each is compared with all", async () => {
  const room = await FlowRoom.open([]);
  for (let i = 0; i < 1024; i++) room.decode(as4({ letter: "A", offset: i * 16, length: 8, more: true }, 1), RAW);
  assert.is(room.call("defragRefused"), 0);
  room.decode(as4({ letter: "A", offset: 8, length: 8, more: true }, 1), RAW);
  assert.is(room.call("defragRefused"), 1);
});

test("a refused fragment is ignored with an event, and the caller is told", async () => {
  const room = await FlowRoom.open([[Setting.DefragMemcap, 256]]);
  const [p] = room.decode(as4({ letter: "A", offset: 0, length: 1000, more: true }), RAW);
  assert.equal(p?.events, ["ipv4.frag_ignored"]);
  assert.is(room.call("defragRefused"), 1);
});

test("a tunnel inside a datagram, a datagram inside a tunnel", async () => {
  const room = await FlowRoom.open();
  const inside = ipv4(17, udp(text("x"), 1, 2), { id: 9 });
  const gre = join(hex("0000 0800"), inside);
  room.decode(ipv4(47, gre.subarray(0, 16), { id: 1, more: true }), RAW);
  const packets = room.decode(ipv4(47, gre.subarray(16), { id: 1, offset: 16 }), RAW);
  assert.equal(
    packets.map((p) => [p.source, p.outer]),
    [
      [1, -1],
      [6, 0],
      [2, 1],
    ],
  );
  const datagram = udp(text("01234567"), 5, 6);
  const tunnel = (part: Bytes, offset: number, more: boolean) =>
    ipv4(47, join(hex("0000 0800"), ipv4(17, part, { id: 3, offset, more })));
  room.decode(tunnel(datagram.subarray(0, 8), 0, true), RAW);
  const inner = room.decode(tunnel(datagram.subarray(8), 8, false), RAW);
  assert.equal(
    inner.map((p) => [p.source, p.outer]),
    [
      [1, -1],
      [2, 0],
      [6, 1],
    ],
  );
  assert.is(inner[2]?.payload, "01234567");
});

test("any fragments in any order: memory is bounded and comes back", async () => {
  const room = await FlowRoom.open([[Setting.DefragMemcap, 1 << 18]]);
  let state = 12345;
  const random = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
  for (let i = 0; i < 20_000; i++) {
    room.call("set", Setting.HostOs, random(15));
    const piece = { letter: "A", offset: random(40) * 8, length: random(8) * 8 + random(2), more: random(6) !== 0 };
    room.decode(random(2) === 0 ? as4(piece, random(6)) : as6(piece, random(6)), RAW, i / 100);
    assert.ok(room.call("defragBytes") <= 1 << 18);
  }
  room.decode(as4({ letter: "A", offset: 0, length: 8, more: true }, 99), RAW, 1000);
  assert.ok(room.call("defragBytes") < 200, "all others timed out");
});

test.run();
