/**
 * Handshake packets that were sent more than once and differ: any of them may be the one the other side took. SYNs wait for the
 * SYN/ACK that echoes their timestamp, SYN/ACKs for the ACK with their numbers. Both queues are bounded by settings.
 */
import { StreamEvent } from "../abi/stream_events";
import { Account, acquire, release } from "../memory/heap";
import { Packet } from "../wire/packet";
import { TcpOption } from "../wire/tcp_option";
import { maxSynAckQueued, maxSynQueued } from "./configuration";
import { HalfFlag, half, Session, SessionFlag } from "./session";
import { hasTimestamp, seconds } from "./timestamp";

export enum Offer {
  Timestamp = 1,
  WindowScale = 2,
  SackPermitted = 4,
}

/** One SYN or SYN/ACK: its numbers and what it offers. */
@unmanaged
export class Handshake {
  next: usize;
  /** Offer bits. */
  offers: u8;
  windowScale: u8;
  window: u16;
  sequence: u32;
  acknowledgement: u32;
  timestamp: u32;
  /** Second it was seen. */
  time: u32;
}

const scratchA: usize = memory.data(offsetof<Handshake>(), 8);
const scratchB: usize = memory.data(offsetof<Handshake>(), 8);

function fill(address: usize, packet: Packet): Handshake {
  memory.fill(address, 0, offsetof<Handshake>());
  const h = changetype<Handshake>(address);
  h.window = packet.window;
  h.time = seconds(packet);
  if ((packet.tcpOptions & <u8>TcpOption.SackPermitted) != 0) h.offers |= <u8>Offer.SackPermitted;
  if ((packet.tcpOptions & <u8>TcpOption.WindowScale) != 0) {
    h.offers |= <u8>Offer.WindowScale;
    h.windowScale = packet.windowScale;
  }
  if (hasTimestamp(packet)) {
    h.offers |= <u8>Offer.Timestamp;
    h.timestamp = packet.timestampValue;
  }
  return h;
}

/** The SYN/ACK at hand. Valid until the next call. */
export function synAckOf(packet: Packet): Handshake {
  const h = fill(scratchA, packet);
  h.sequence = packet.sequence;
  h.acknowledgement = packet.acknowledgement;
  return h;
}

/** The SYN at hand; its sequence number is that of the session. Valid until the next call. */
export function synOf(packet: Packet): Handshake {
  return fill(scratchA, packet);
}

function push(session: Session, h: Handshake): bool {
  const address = acquire(Account.Stream, offsetof<Handshake>());
  if (address == 0) return false;
  memory.copy(address, changetype<usize>(h), offsetof<Handshake>());
  changetype<Handshake>(address).next = session.queue;
  session.queue = address;
  session.queued++;
  return true;
}

/** Queues another SYN/ACK. False when the queue is full. */
export function queueSynAck(session: Session, packet: Packet): bool {
  const h = synAckOf(packet);
  for (let at = session.queue; at != 0; at = changetype<Handshake>(at).next) {
    const q = changetype<Handshake>(at);
    if (
      q.offers == h.offers &&
      q.windowScale == h.windowScale &&
      q.window == h.window &&
      q.sequence == h.sequence &&
      q.acknowledgement == h.acknowledgement &&
      q.timestamp == h.timestamp
    ) {
      return true;
    }
  }
  if (<u32>session.queued >= maxSynAckQueued) {
    packet.raise(StreamEvent._3whs_synack_flood);
    return false;
  }
  return push(session, h);
}

/** The queued SYN/ACK that an ACK answers, or 0. */
export function findSynAck(session: Session, packet: Packet): usize {
  for (let at = session.queue; at != 0; at = changetype<Handshake>(at).next) {
    const q = changetype<Handshake>(at);
    if (q.sequence == packet.acknowledgement - 1 && q.acknowledgement == packet.sequence) return at;
  }
  return 0;
}

function synOfSession(session: Session): Handshake {
  memory.fill(scratchB, 0, offsetof<Handshake>());
  const h = changetype<Handshake>(scratchB);
  const client = half(session, 0);
  const server = half(session, 1);
  h.window = <u16>server.window;
  h.time = client.lastPacketTime;
  if ((session.flags & SessionFlag.SynSackPermitted) != 0) h.offers |= <u8>Offer.SackPermitted;
  if ((session.flags & SessionFlag.SynWindowScale) != 0) {
    h.offers |= <u8>Offer.WindowScale;
    h.windowScale = server.windowScale;
  }
  if ((client.flags & HalfFlag.Timestamp) != 0) {
    h.offers |= <u8>Offer.Timestamp;
    h.timestamp = client.lastTimestamp;
  }
  return h;
}

function findSyn(session: Session, timestamped: bool, timestamp: u32): usize {
  for (let at = session.queue; at != 0; at = changetype<Handshake>(at).next) {
    const q = changetype<Handshake>(at);
    if (((q.offers & Offer.Timestamp) != 0) == timestamped && q.timestamp == timestamp) return at;
  }
  return 0;
}

/** The queued SYN whose timestamp a SYN/ACK echoes, or 0. */
export function findSynByEcho(session: Session, packet: Packet): usize {
  return findSyn(session, hasTimestamp(packet), hasTimestamp(packet) ? packet.timestampEcho : 0);
}

/** A SYN was sent again: the session takes the newest, an older one that differs is queued. */
export function resendSyn(session: Session, packet: Packet): void {
  const fresh = synOf(packet);
  const old = synOfSession(session);
  if (memory.compare(changetype<usize>(fresh), changetype<usize>(old), offsetof<Handshake>()) != 0) {
    if (session.queue == 0 || findSyn(session, (old.offers & Offer.Timestamp) != 0, old.timestamp) == 0) {
      if (<u32>session.queued >= maxSynQueued) packet.raise(StreamEvent._3whs_syn_flood);
      else push(session, old);
    }
  }
  applySyn(session, fresh);
}

/** The session takes over what a SYN offered. */
export function applySyn(session: Session, h: Handshake): void {
  const client = half(session, 0);
  const server = half(session, 1);
  if ((h.offers & Offer.Timestamp) != 0) {
    client.lastPacketTime = h.time;
    client.lastTimestamp = h.timestamp;
    client.flags |= HalfFlag.Timestamp;
  }
  if ((h.offers & Offer.WindowScale) != 0) {
    session.flags |= SessionFlag.SynWindowScale;
    server.windowScale = h.windowScale;
  } else {
    session.flags &= ~SessionFlag.SynWindowScale;
    server.windowScale = 0;
  }
  server.window = h.window;
  if ((h.offers & Offer.SackPermitted) != 0) session.flags |= SessionFlag.SynSackPermitted;
  else session.flags &= ~SessionFlag.SynSackPermitted;
}

/** Empties the queue. */
export function freeQueue(session: Session): void {
  let at = session.queue;
  while (at != 0) {
    const next = changetype<Handshake>(at).next;
    release(at);
    at = next;
  }
  session.queue = 0;
  session.queued = 0;
}
