/** The flow table: which packets are one flow, in which direction, for how long. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { IpProto, LinkType } from "../../assembly/abi/codes.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { Setting } from "../../assembly/abi/settings.ts";
import { be16, be32, ethernet, hex, icmp, ipv4, ipv6, join, tcp, text, udp, vlan } from "../wire/build.ts";
import { FlowRoom } from "./view.ts";

const RAW = LinkType.Raw;
const A = "10.0.0.1";
const B = "10.0.0.2";
const there = { source: A, destination: B };
const back = { source: B, destination: A };
const FIRST = 1 << 14;
const ESTABLISHED = 1 << 6;

const enum State {
  New,
  Established,
  Closed,
}
const enum End {
  None,
  Timeout,
  Forced,
  Shutdown,
  TcpReuse,
}

const echo = (type: number, way = there, id = 1) => ipv4(1, icmp(type, 0, join(be16(id), be16(1))), way);
const esp = (spi: number, way = there) => ipv4(50, join(be32(spi), be32(1)), way);
const tcpTo = (source: number, destination: number, way = there, flags = 0x10) =>
  ipv4(6, tcp(text("x"), { source, destination, flags }), way);
const udpTo = (source: number, destination: number, way = there) => ipv4(17, udp(text("x"), source, destination), way);
const echo6 = (type: number, source: number) =>
  ipv6(58, join([type, 0, 0, 0], be32(1)), { source: `2001:db8::${source}`, destination: `2001:db8::${3 - source}` });

/** Two frames, and whether they are of one flow. */
const pairs: [string, Uint8Array, Uint8Array, boolean][] = [
  ["the same way", tcpTo(1, 2), tcpTo(1, 2), true],
  ["the other way", tcpTo(1, 2), tcpTo(2, 1, back), true],
  ["ports turned, addresses not", tcpTo(1, 2), tcpTo(2, 1), false],
  ["another port", tcpTo(1, 2), tcpTo(1, 3), false],
  ["another protocol", tcpTo(1, 2), udpTo(1, 2), false],
  ["UDP the other way", udpTo(1, 2), udpTo(2, 1, back), true],
  ["echo and reply", echo(8), echo(0, back), true],
  ["two echoes, whatever their identifier", echo(8, there, 1), echo(8, there, 2), true],
  ["echo and timestamp", echo(8), echo(13), false],
  ["ICMPv6 echo and reply", echo6(128, 1), echo6(129, 2), true],
  ["ICMPv6 echo and router solicitation", echo6(128, 1), echo6(133, 1), false],
  ["ESP of one SPI", esp(1), esp(1), true],
  ["ESP of two", esp(1), esp(2), false],
  ["ESP the other way is another association", esp(1), esp(1, back), false],
  [
    "SCTP",
    ipv4(132, join(be16(1), be16(2), be32(0), be32(0)), there),
    ipv4(132, join(be16(2), be16(1), be32(0), be32(0)), back),
    true,
  ],
  ["an unreachable is of the flow it quotes", udpTo(1, 2), ipv4(1, icmp(3, 3, join(be32(0), udpTo(1, 2))), back), true],
];

for (const [name, one, other, same] of pairs) {
  test(name, async () => {
    const room = await FlowRoom.open();
    const first = room.flow(one, RAW);
    assert.is.not(first, 0);
    assert.is(room.flow(other, RAW) === first, same);
  });
}

test("VLANs tell flows apart, unless vlan.use-for-tracking is off", async () => {
  for (const tracking of [0, 1]) {
    const room = await FlowRoom.open([[Setting.VlanTracking, tracking]]);
    const tagged = (id: number) => ethernet(0x8100, vlan(id, 0x0800, udpTo(1, 2)));
    const first = room.flow(tagged(1), LinkType.Ethernet);
    assert.is(room.flow(tagged(2), LinkType.Ethernet) === first, tracking === 0);
  }
});

test("a packet inside a tunnel is of another flow than the same outside", async () => {
  const room = await FlowRoom.open();
  const outside = room.flow(udpTo(1, 2), RAW);
  const inside = room.flow(ipv4(4, udpTo(1, 2)), RAW, 0, 1);
  assert.is.not(inside, 0);
  assert.is.not(inside, outside);
});

test("what begins no flow: ICMP errors alone, GRE, fragments, malformed transport", async () => {
  const room = await FlowRoom.open();
  const quoted = join(be32(0), udpTo(1, 2));
  const none = [
    ipv4(1, icmp(3, 3, quoted), back),
    ipv4(1, icmp(11, 0, quoted), back),
    ipv4(47, hex("0000 0000 00")),
    ipv4(17, text("12345678"), { more: true }),
    ipv4(6, new Uint8Array(19)),
    ipv4(2, hex("1600 0000 e0000001")),
  ];
  for (const frame of none) assert.is(room.flow(frame, RAW), 0);
  assert.is(room.call("flowRefused"), 0);
});

test("direction, first packets, established by either side's packet", async () => {
  const room = await FlowRoom.open();
  const see = (frame: Uint8Array) => {
    const f = room.flow(frame, RAW);
    const flags = room.call("flags", 0);
    return [room.call("direction", 0), (flags & FIRST) !== 0, (flags & ESTABLISHED) !== 0, room.call("flowState", f)];
  };
  assert.equal(see(udpTo(1, 2)), [0, true, false, State.New]);
  assert.equal(see(udpTo(1, 2)), [0, false, false, State.New]);
  assert.equal(see(udpTo(2, 1, back)), [1, true, true, State.Established]);
  assert.equal(see(udpTo(1, 2)), [0, false, true, State.Established]);
});

test("equal ports: addresses tell the direction", async () => {
  const room = await FlowRoom.open();
  room.flow(udpTo(5, 5), RAW);
  room.flow(udpTo(5, 5, back), RAW);
  assert.is(room.call("direction", 0), 1);
});

test("TCP is established by the stream engine alone", async () => {
  const room = await FlowRoom.open();
  const f = room.flow(tcpTo(1, 2), RAW);
  room.flow(tcpTo(2, 1, back), RAW);
  assert.is(room.call("flags", 0) & ESTABLISHED, 0);
  room.call("setState", f, State.Established);
  room.flow(tcpTo(1, 2), RAW);
  assert.is(room.call("flags", 0) & ESTABLISHED, ESTABLISHED);
});

test("an ICMP error counts on its flow, but shows no direction as seen", async () => {
  const room = await FlowRoom.open();
  const f = room.flow(udpTo(1, 2), RAW);
  room.flow(ipv4(1, icmp(3, 3, join(be32(0), udpTo(1, 2))), back), RAW);
  assert.is(room.call("direction", 0), 1);
  assert.is(room.call("packetsToClient", f), 1);
  assert.is(room.call("flowState", f), State.New);
});

test("packets, bytes and time to live, and all of it turned by a swap", async () => {
  const room = await FlowRoom.open();
  const f = room.flow(ipv4(17, udp(text("x")), { ...there, ttl: 60 }), RAW);
  room.flow(ipv4(17, udp(text("xyz")), { ...there, ttl: 70 }), RAW);
  const read = () =>
    ["packetsToServer", "packetsToClient", "bytesToServer", "minTtlToServer", "maxTtlToServer"].map((n) =>
      room.call(n, f),
    );
  assert.equal(read(), [2, 0, 60, 60, 70]);
  room.call("swap", f);
  assert.equal(read(), [0, 2, 0, 0, 0]);
  room.flow(ipv4(17, udp(text("x")), there), RAW);
  assert.is(room.call("direction", 0), 1);
});

test("ids are unique, and the same in every run", async () => {
  const ids = async () => {
    const room = await FlowRoom.open();
    return Array.from({ length: 100 }, (_, i) => room.call("flowId", room.flow(udpTo(i, 1), RAW)));
  };
  const first = await ids();
  assert.is(new Set(first).size, 100);
  assert.ok(first.every((id) => Number.isSafeInteger(id) && id > 0));
  assert.equal(await ids(), first);
});

/** A flow at second 100, its state, and the last second it lives. */
const timeouts: [string, Uint8Array, State, number][] = [
  ["TCP, new", tcpTo(1, 2), State.New, 160],
  ["TCP, established", tcpTo(1, 2), State.Established, 700],
  ["TCP, closed", tcpTo(1, 2), State.Closed, 160],
  ["UDP, new", udpTo(1, 2), State.New, 130],
  ["UDP, established", udpTo(1, 2), State.Established, 400],
  ["ICMP, new", echo(8), State.New, 130],
  ["others, new", esp(1), State.New, 130],
];

for (const [name, frame, state, last] of timeouts) {
  test(`timeout: ${name}`, async () => {
    const room = await FlowRoom.open();
    const f = room.flow(frame, RAW, 100);
    room.call("setState", f, state);
    assert.equal(room.ended(last), []);
    assert.equal(room.ended(last + 1), [End.Timeout]);
  });
}

test("a packet keeps its flow alive; one after the timeout begins another, and the old one is to be collected", async () => {
  const room = await FlowRoom.open();
  const first = room.flow(udpTo(1, 2), RAW, 100);
  const id = room.call("flowId", first);
  assert.is(room.flow(udpTo(1, 2), RAW, 120), first);
  assert.equal(room.ended(150), []);
  const second = room.flow(udpTo(1, 2), RAW, 151);
  assert.is.not(room.call("flowId", second), id);
  assert.equal(room.ended(151), [End.Timeout]);
  assert.is(room.call("counter", Counter.flow__active), 1);
});

test("flows of different ages end in order of age", async () => {
  const room = await FlowRoom.open();
  for (let i = 0; i < 10; i++) room.flow(udpTo(i, 1), RAW, 100 + i);
  room.flow(udpTo(0, 1), RAW, 110);
  assert.is(room.ended(135).length, 4);
  assert.is(room.ended(141).length, 6);
});

test("a TCP session begun anew on the same ports", async () => {
  const room = await FlowRoom.open();
  const old = room.flow(tcpTo(1, 2), RAW, 100);
  const id = room.call("flowId", old);
  room.decode(tcpTo(1, 2, there, 2), RAW, 101);
  room.call("handle", 0);
  const fresh = room.call("reuse", 0);
  assert.is.not(room.call("flowId", fresh), id);
  assert.equal(room.ended(101), [End.TcpReuse]);
  assert.is(room.flow(tcpTo(2, 1, back), RAW, 102), fresh);
});

test("a full table pushes out the flow silent longest, and refuses when all were heard of just now", async () => {
  const room = await FlowRoom.open([[Setting.Flows, 3]]);
  for (let i = 0; i < 3; i++) assert.is.not(room.flow(udpTo(i, 9), RAW, 100 + i), 0);
  assert.is.not(room.flow(udpTo(3, 9), RAW, 103), 0);
  assert.equal(room.ended(103), [End.Forced]);
  for (let i = 1; i < 4; i++) room.flow(udpTo(i, 9), RAW, 104);
  assert.is(room.flow(udpTo(4, 9), RAW, 104), 0);
  assert.is(room.call("flowRefused"), 1);
  assert.is(room.call("counter", Counter.flow__memcap), 1);
});

test("in an emergency flows wait less, until three in ten are free again", async () => {
  const room = await FlowRoom.open([[Setting.Flows, 10]]);
  for (let i = 0; i < 11; i++) room.flow(udpTo(i, 9), RAW, 100 + i / 10);
  room.flow(udpTo(20, 9), RAW, 104);
  assert.equal(room.ended(104), [End.Forced]);
  assert.equal(room.ended(112), [End.Timeout, End.Timeout, End.Timeout]);
});

test("at the end every flow is given out once", async () => {
  const room = await FlowRoom.open();
  for (let i = 0; i < 20; i++) room.flow(udpTo(i, 9), RAW, 100);
  let count = 0;
  for (let f = room.call("remaining"); f !== 0; f = room.call("remaining")) {
    assert.is(room.call("flowEnded", f), End.Shutdown);
    room.call("free", f);
    count++;
  }
  assert.is(count, 20);
  assert.is(room.call("counter", Counter.flow__active), 0);
  assert.is(room.call("counter", Counter.flow__total), 20);
});

test("a hundred thousand packets of many flows: the table stays whole", async () => {
  const room = await FlowRoom.open([[Setting.Flows, 200]]);
  let state = 99;
  const random = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
  const protos = [IpProto.Tcp, IpProto.Udp, IpProto.Icmp];
  let created = 0;
  for (let i = 0; i < 100_000; i++) {
    const proto = protos[random(3)];
    const port = random(400);
    const way = random(2) === 0 ? there : back;
    const [s, d] = way === there ? [port, 80] : [80, port];
    const frame =
      proto === IpProto.Tcp ? tcpTo(s, d, way) : proto === IpProto.Udp ? udpTo(s, d, way) : echo(random(2) * 8, way);
    const f = room.flow(frame, RAW, i / 50);
    if (f !== 0 && random(20) === 0) room.call("setState", f, random(3));
    created += room.ended(i / 50).length;
    assert.ok(room.call("counter", Counter.flow__active) <= 201);
  }
  assert.is(room.call("counter", Counter.flow__total), created + room.call("counter", Counter.flow__active));
});

test.run();
