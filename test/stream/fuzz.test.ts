/** Random segments: nothing traps, memory stays bounded, and the bytes handed out are those a simple model gives. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Outcome, StreamRoom, type TestSegment } from "./driver.ts";
import { Random } from "./random.ts";

const fuzz = suite("stream/fuzz");
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 60);

/** Opens a session whose client and server data begin at sequence numbers `client` and `server`. */
function handshake(room: StreamRoom, client: number, server: number, window = 65535): void {
  const wide = { window, windowScale: 4 };
  room.send({ direction: 0, flags: "S", seq: (client - 1) >>> 0, ...wide });
  room.send({ direction: 1, flags: "SA", seq: (server - 1) >>> 0, ack: client, ...wide });
  room.send({ direction: 0, flags: "A", seq: client, ack: server, window });
}

/** Appends what the app layer got from the client to `got`; gaps are not expected. */
function collect(got: Buffer[], outcome: Outcome): void {
  for (const piece of outcome.app) {
    if (piece.direction !== 0) continue;
    assert.is(piece.flags & 4, 0, "no gap");
    got.push(piece.data);
  }
}

/** Pieces of [0, length) in random order, overlapping and repeated, that cover everything. */
function pieces(random: Random, length: number): [number, number][] {
  const cuts: [number, number][] = [];
  for (let at = 0; at < length; ) {
    const size = Math.min(length - at, 1 + random.below(random.below(4) === 0 ? 3 : 400));
    cuts.push([at, at + size]);
    at += size;
  }
  for (let extra = random.below(10); extra > 0; extra--) {
    const from = random.below(length);
    cuts.push([from, Math.min(length, from + 1 + random.below(500))]);
  }
  const spread = 1 + random.below(12);
  return cuts
    .map((cut, i) => ({ cut, key: i + random.below(spread) }))
    .sort((a, b) => a.key - b.key)
    .map(({ cut }) => cut);
}

for (const inline of [0, 1]) {
  fuzz(`the message arrives whole, however it is cut (${inline ? "inline" : "detection"})`, async () => {
    const room = await StreamRoom.open({ Prevent: inline });
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(round * 2 + inline);
      const message = random.bytes(1 + random.below(6000));
      const start = random.below(3) === 0 ? (0xffffffff - random.below(3000)) >>> 0 : random.next();
      const other = random.next();
      handshake(room, start, other);
      const got: Buffer[] = [];
      const have = new Uint8Array(message.length);
      let acked = 0;
      for (const [from, to] of pieces(random, message.length)) {
        const data = message.subarray(from, to);
        const seq = (start + from) >>> 0;
        // A target does not get again what it acknowledged, except by mistake.
        if (to > acked) collect(got, room.send({ direction: 0, flags: "PA", seq, ack: other, data }));
        have.fill(1, from, to);
        if (random.below(3) !== 0) continue;
        while (have[acked]) acked++;
        collect(got, room.send({ direction: 1, flags: "A", seq: other, ack: (start + acked) >>> 0, window: 65535 }));
      }
      collect(got, room.send({ direction: 1, flags: "A", seq: other, ack: (start + message.length) >>> 0 }));
      assert.is(Buffer.concat(got).toString("hex"), message.toString("hex"), `round ${round}`);
      room.call.end?.();
      assert.is(room.number("held"), 0, "nothing is left behind");
      assert.is(room.number("sessions"), 0);
    }
  });
}

fuzz("inline the first bytes win, and no packet with others is let through", async () => {
  const room = await StreamRoom.open({ Prevent: 1 });
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(1000 + round);
    const length = 1 + random.below(3000);
    handshake(room, 100, 900);
    const first = new Int16Array(length).fill(-1);
    const got: Buffer[] = [];
    let highest = 0;
    for (const [from, to] of pieces(random, length)) {
      const data = random.bytes(to - from);
      if (random.below(2) === 0)
        for (let i = from; i < to; i++) if ((first[i] ?? -1) >= 0) data[i - from] = first[i] ?? 0;
      const different = data.some((byte, i) => first[from + i] !== -1 && first[from + i] !== byte);
      const outcome = room.send({ direction: 0, flags: "PA", seq: 100 + from, ack: 900, data });
      collect(got, outcome);
      assert.is(outcome.events.includes("reassembly_overlap_different_data"), different, `round ${round}`);
      assert.is(outcome.action !== 0, different, `round ${round}: dropped when it differs`);
      assert.is(outcome.payload.toString("hex"), data.toString("hex"), `round ${round}: the packet is as it came`);
      if (different) continue;
      first.set(data, from);
      // One byte before what is expected is a keep-alive: there is nothing to inspect in it.
      const keepAlive = to === from + 1 && to === highest;
      highest = Math.max(highest, to);
      assert.ok(keepAlive || outcome.raw.every((piece) => piece.offset <= from && piece.offset + piece.length >= to));
      for (const piece of outcome.raw) {
        const held = Buffer.from(first.slice(piece.offset, piece.offset + piece.length));
        assert.is(piece.data.toString("hex"), held.toString("hex"), `round ${round}: raw window`);
      }
    }
    const hole = first.indexOf(-1);
    const whole = Buffer.from(first.slice(0, hole < 0 ? length : hole));
    assert.is(Buffer.concat(got).toString("hex"), whole.toString("hex"), `round ${round}`);
    room.call.end?.();
  }
});

fuzz("random segments never trap, and memory stays within its cap", async () => {
  for (const inline of [0, 1]) {
    const cap = 256 * 1024;
    const room = await StreamRoom.open({ Prevent: inline, Midstream: 1, ReassemblyMemcap: cap }, 1 << 20);
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(5000 + round * 2 + inline);
      const base = [random.next(), random.next()];
      for (let i = 0; i < 200; i++) {
        const direction = random.below(2);
        const near = (n: number, spread: number) => (n + random.below(spread) - random.below(spread >> 2)) >>> 0;
        const segment: TestSegment = {
          direction,
          flags: random.pick(["S", "SA", "A", "A", "PA", "PA", "PA", "FA", "F", "R", "RA", "U", "PAU", "", "SF"]),
          seq: random.below(8) === 0 ? random.next() : near(base[direction] ?? 0, random.pick([4, 3000, 400000])),
          ack: random.below(8) === 0 ? random.next() : near(base[1 - direction] ?? 0, random.pick([4, 3000])),
          window: random.below(65536),
          time: random.below(4_000_000),
        };
        if (random.below(3) !== 0) segment.data = random.bytes(random.below(random.pick([2, 20, 1460, 1460])));
        if (random.below(4) === 0) segment.timestamps = [random.below(20), random.below(20)];
        if (random.below(8) === 0) segment.windowScale = random.below(15);
        if (random.below(8) === 0) segment.sackPermitted = true;
        if (random.below(16) === 0) segment.fastOpen = true;
        if (random.below(16) === 0) segment.md5 = true;
        if (random.below(16) === 0) segment.pseudo = true;
        if (random.below(8) === 0) segment.urgent = random.below(30);
        if (random.below(6) === 0)
          segment.sack = [0, 1].map(() => [near(base[1 - direction] ?? 0, 3000), random.next()]);
        room.send(segment, { inspectRaw: random.below(2) === 0, trigger: random.below(2) === 0 });
        assert.ok(room.number("held") <= cap, "memcap");
      }
      room.call.end?.();
      assert.is(room.number("held"), 0, "nothing is left behind");
      assert.is(room.number("sessions"), 0);
    }
  }
});

fuzz.run();
