/** Transformations of the TCP layer: what an attacker does to the segments of a conversation. */
import { Flag, type Segment } from "./segment.ts";

/** Other bytes of the same length: what contradicts the truth. */
export type Decoy = (truth: Uint8Array) => Uint8Array;
/** A transformation of segments. */
export type SegmentTrick = (segments: readonly Segment[], decoy: Decoy) => Segment[];

const TOO_FEW_HOPS = 1;

function hasData({ transport, payload }: Segment): boolean {
  return transport === "tcp" && payload.length > 0;
}

/** The attacker's data: what the client says. */
function isTold(segment: Segment): boolean {
  return hasData(segment) && segment.from === "client";
}

function isOpening({ transport, flags }: Segment): boolean {
  return transport === "tcp" && (flags & (Flag.Syn | Flag.Ack)) === Flag.Syn;
}

/** Changes each of the client's data segments into others. */
function eachTold(segments: readonly Segment[], change: (segment: Segment, index: number) => Segment[]): Segment[] {
  return segments.flatMap((segment, index) => (isTold(segment) ? change(segment, index) : [segment]));
}

/** Changes the order of each run of data segments that one side sends. */
function eachRun(segments: readonly Segment[], order: (run: Segment[]) => Segment[]): Segment[] {
  const changed: Segment[] = [];
  let run: Segment[] = [];
  for (const segment of segments) {
    if (run.length > 0 && (!hasData(segment) || segment.from !== run[0]!.from)) {
      changed.push(...order(run));
      run = [];
    }
    if (hasData(segment)) run.push(segment);
    else changed.push(segment);
  }
  return [...changed, ...order(run)];
}

/** Something else in front of the first data of the client. */
function beforeFirst(segments: readonly Segment[], make: (first: Segment) => Segment[]): Segment[] {
  const first = segments.findIndex(isTold);
  if (first < 0) return [...segments];
  return [...segments.slice(0, first), ...make(segments[first]!), ...segments.slice(first)];
}

/** Something else in the middle of what the client says first. */
function inTheMiddle(segments: readonly Segment[], make: (next: Segment) => Segment[]): Segment[] {
  const told = segments.filter(isTold);
  const middle = told[Math.floor(told.length / 2)];
  return segments.flatMap((segment) => (segment === middle ? [...make(segment), segment] : [segment]));
}

export const asTheyAre: SegmentTrick = (segments) => [...segments];

/** The last piece of each message first. */
export const reversed: SegmentTrick = (segments) => eachRun(segments, (run) => [...run].reverse());

/** First every other piece, then those left out. */
export const everyOtherFirst: SegmentTrick = (segments) =>
  eachRun(segments, (run) => [...run.filter((_, i) => i % 2 === 1), ...run.filter((_, i) => i % 2 === 0)]);

/** Everything is sent twice. */
export const sentTwice: SegmentTrick = (segments) =>
  segments.flatMap((segment) => (segment.transport === "tcp" ? [segment, segment] : [segment]));

/** Each piece, then other bytes in its place. */
export const contradictedAfterwards: SegmentTrick = (segments, decoy) =>
  eachTold(segments, (segment) => [segment, { ...segment, payload: decoy(segment.payload) }]);

/** Other bytes, then the piece. */
export const contradictedBefore: SegmentTrick = (segments, decoy) =>
  eachTold(segments, (segment) => [{ ...segment, payload: decoy(segment.payload) }, segment]);

/** Each piece begins with other bytes in place of the piece before. */
export const overlapsOldData: SegmentTrick = (segments, decoy) => {
  let previous: Segment | undefined;
  return eachTold(segments, (segment) => {
    const before = previous;
    previous = segment;
    if (!before || before.sequence + before.payload.length !== segment.sequence) return [segment];
    const payload = Buffer.concat([decoy(before.payload), segment.payload]);
    return [{ ...segment, sequence: before.sequence, payload }, segment];
  });
};

/** Each piece goes on with other bytes in place of the next one. */
export const overlapsNewData: SegmentTrick = (segments, decoy) =>
  eachTold(segments, (segment, index) => {
    const next = segments[index + 1];
    if (!next || !isTold(next)) return [segment];
    return [{ ...segment, payload: Buffer.concat([segment.payload, decoy(next.payload)]) }];
  });

/** Other bytes for the next piece wait behind a hole that the piece itself fills. */
export const contradictedBehindHole: SegmentTrick = (segments, decoy) =>
  eachTold(segments, (segment, index) => {
    const next = segments[index + 1];
    if (!next || !isTold(next)) return [segment];
    return [{ ...next, payload: decoy(next.payload) }, segment];
  });

/** Other bytes with a wrong checksum: no host takes them. */
export const wrongChecksumBefore: SegmentTrick = (segments, decoy) =>
  eachTold(segments, (segment) => [{ ...segment, payload: decoy(segment.payload), badChecksum: true }, segment]);

/** Other bytes in packets whose IP header has a wrong checksum. */
export const wrongIpChecksumBefore: SegmentTrick = (segments, decoy) =>
  eachTold(segments, (segment) => [{ ...segment, payload: decoy(segment.payload), badIpChecksum: true }, segment]);

/** Other bytes that do not get as far as the host. */
export const tooFewHopsBefore: SegmentTrick = (segments, decoy) =>
  eachTold(segments, (segment) => [{ ...segment, payload: decoy(segment.payload), ttl: TOO_FEW_HOPS }, segment]);

/** Other bytes without an acknowledgement: no host takes them. */
export const withoutAckBefore: SegmentTrick = (segments, decoy) =>
  eachTold(segments, (segment) => [
    { ...segment, payload: decoy(segment.payload), flags: Flag.Push, acknowledgement: 0 },
    segment,
  ]);

function timestamp(value: number, echo: number): Uint8Array {
  const option = Buffer.alloc(12, 1);
  option.set([8, 10], 2);
  option.writeUInt32BE(value, 4);
  option.writeUInt32BE(echo, 8);
  return option;
}

/** Other bytes with a timestamp long gone (PAWS): no host takes them. */
export const oldTimestampBefore: SegmentTrick = (segments, decoy) => {
  let last = 0;
  const stamped = segments.map((segment, index) => {
    // The client does not know the clock of a real server: it echoes nothing.
    const echo = segment.from === "server" ? last : 0;
    if (segment.from === "client") last = 5_000_000 + index;
    const options = Buffer.concat([segment.options ?? Buffer.alloc(0), timestamp(5_000_000 + index, echo)]);
    return { ...segment, options };
  });
  return eachTold(stamped, (segment) => [
    { ...segment, payload: decoy(segment.payload), options: timestamp(1_000_000, 0) },
    segment,
  ]);
};

/** A byte that is out of band behind each piece: the application never reads it. */
export const urgentByteBehind: SegmentTrick = (segments) => {
  let shift = 0;
  return segments.map((segment) => {
    if (segment.transport !== "tcp") return segment;
    if (segment.from === "server")
      return { ...segment, acknowledgement: segment.acknowledgement + (segment.flags & Flag.Ack ? shift : 0) };
    const moved = { ...segment, sequence: segment.sequence + shift };
    if (!isTold(segment)) return moved;
    shift++;
    const payload = Buffer.concat([segment.payload, Buffer.from("!")]);
    return { ...moved, payload, flags: segment.flags | Flag.Urgent, urgentPointer: payload.length };
  });
};

/** The urgent pointer stands on the first byte of each piece. */
export const urgentByteInFront: SegmentTrick = (segments) =>
  eachTold(segments, (segment) => [{ ...segment, flags: segment.flags | Flag.Urgent, urgentPointer: 1 }]);

/** The urgent pointer stands on a byte of the next piece. */
export const urgentByteAhead: SegmentTrick = (segments) =>
  eachTold(segments, (segment) => [
    { ...segment, flags: segment.flags | Flag.Urgent, urgentPointer: segment.payload.length + 1 },
  ]);

/** A reset that the host does not obey, in the middle of what the client says. */
function reset(change: (segment: Segment) => Partial<Segment>): SegmentTrick {
  return (segments) =>
    inTheMiddle(segments, (segment) => [
      { ...segment, flags: Flag.Reset | Flag.Ack, payload: new Uint8Array(0), ...change(segment) },
    ]);
}

export const resetWithWrongChecksum = reset(() => ({ badChecksum: true }));
export const resetWithTooFewHops = reset(() => ({ ttl: TOO_FEW_HOPS }));
export const resetOutsideWindow = reset(({ sequence }) => ({ sequence: sequence + 0x1000_0000 }));
export const resetInsideWindow = reset(({ sequence }) => ({ sequence: sequence + 100 }));

/** A FIN that does not reach the host, or that it does not obey. */
function fin(change: (segment: Segment) => Partial<Segment>): SegmentTrick {
  return (segments) =>
    inTheMiddle(segments, (segment) => [
      { ...segment, flags: Flag.Fin | Flag.Ack, payload: new Uint8Array(0), ...change(segment) },
    ]);
}

export const finWithWrongChecksum = fin(() => ({ badChecksum: true }));
export const finWithTooFewHops = fin(() => ({ ttl: TOO_FEW_HOPS }));
export const finOutsideWindow = fin(({ sequence }) => ({ sequence: sequence + 0x1000_0000 }));

/** Another SYN with other numbers, as if the port were used again. */
export const anotherSyn: SegmentTrick = (segments) =>
  inTheMiddle(segments, (segment) => [
    {
      ...segment,
      flags: Flag.Syn,
      sequence: segment.sequence + 0x2000_0000,
      acknowledgement: 0,
      payload: new Uint8Array(0),
    },
  ]);

/** The same from afar, with too few hops to reach the host. */
export const anotherSynWithTooFewHops: SegmentTrick = (segments) =>
  anotherSyn(segments, (bytes) => bytes).map((segment, index) =>
    segment.flags === Flag.Syn && index > 0 ? { ...segment, ttl: TOO_FEW_HOPS } : segment,
  );

/** A reset, then a SYN with too few hops, then data of the first connection. */
export const resetAndSynWithTooFewHops: SegmentTrick = (segments) =>
  inTheMiddle(segments, (segment) => {
    const empty = { ...segment, payload: new Uint8Array(0), ttl: TOO_FEW_HOPS };
    return [
      { ...empty, flags: Flag.Reset | Flag.Ack },
      { ...empty, flags: Flag.Syn, sequence: segment.sequence + 0x2000_0000, acknowledgement: 0 },
    ];
  });

/** The client sends other bytes with a SYN, as if no cookie were needed, and then a SYN without. */
export const dataWithSyn: SegmentTrick = (segments, decoy) =>
  segments.flatMap((segment) => {
    const first = segments.find(isTold);
    return isOpening(segment) && first ? [{ ...segment, payload: decoy(first.payload) }, segment] : [segment];
  });

/** Keep-alive probes with a byte that was sent before. */
export const keepAliveWithOtherByte: SegmentTrick = (segments, decoy) =>
  eachTold(segments, (segment) => [
    { ...segment, sequence: segment.sequence - 1, payload: decoy(segment.payload.subarray(0, 1)) },
    segment,
  ]);

/** The last segments once more after all. */
export const sentAgainAtTheEnd: SegmentTrick = (segments) => [...segments, ...segments.filter(isTold)];

/** The handshake's ACK never comes. */
export const withoutHandshakeAck: SegmentTrick = (segments) =>
  segments.filter((segment, index) => index !== 2 || segment.transport === "udp");

/** An acknowledgement of data the server never sent in front. */
export const wrongAckBefore: SegmentTrick = (segments, decoy) =>
  beforeFirst(segments, (segment) => [
    { ...segment, payload: decoy(segment.payload), acknowledgement: segment.acknowledgement + 0x1000_0000 },
  ]);
