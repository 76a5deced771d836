/**
 * Timestamps and PAWS (RFC 7323, 5), as the receiving target would judge them. `validateTimestamp` only judges;
 * `handleTimestamp` judges and remembers.
 */
import { TargetOs } from "../abi/settings";
import { StreamEvent } from "../abi/stream_events";
import { Packet } from "../wire/packet";
import { TcpOption } from "../wire/tcp_option";
import { Half, HalfFlag, half, Session, SessionFlag } from "./session";
import { targetOf } from "./target";

/** A timestamp older than 24 days says nothing (RFC 7323, 5.5). */
const PAWS_SECONDS: u32 = 24 * 24 * 60 * 60;

export function hasTimestamp(packet: Packet): bool {
  return (packet.tcpOptions & <u8>TcpOption.Timestamp) != 0;
}

/** Second of the packet. */
export function seconds(packet: Packet): u32 {
  return <u32>(packet.timestamp / 1000000);
}

function allowsZero(target: u32): bool {
  return (
    target == TargetOs.OldLinux ||
    target == TargetOs.Windows ||
    target == TargetOs.Windows2k3 ||
    target == TargetOs.Vista ||
    target == TargetOs.Solaris
  );
}

/** Some systems do not take a zero timestamp of the handshake for one. */
function ignoresZeroHandshake(target: u32): bool {
  return target == TargetOs.Linux || target == TargetOs.Windows2k3;
}

/** Others start anew with the first timestamp after it. */
function restartsAfterZero(target: u32): bool {
  return target == TargetOs.OldLinux || target == TargetOs.Windows || target == TargetOs.Vista;
}

function invalid(packet: Packet): bool {
  packet.raise(StreamEvent.pkt_invalid_timestamp);
  return false;
}

/** Older than the last one. One tick back is let through: not every target is known. */
function isOld(value: u32, last: u32): bool {
  return <i32>(value - last + 1) < 0;
}

/** False, with the event raised, when the receiver would not accept the packet's timestamp. */
export function validateTimestamp(session: Session, packet: Packet): bool {
  const sender = half(session, packet.direction);
  const target = targetOf(half(session, 1 - packet.direction), packet);
  if (!hasTimestamp(packet)) return true;
  const value = packet.timestampValue;
  const inOrder = sender.nextSeq == packet.sequence;
  let last = sender.lastTimestamp;
  let check = true;
  if ((sender.flags & HalfFlag.ZeroTimestamp) != 0) {
    if (ignoresZeroHandshake(target)) check = false;
    else if (restartsAfterZero(target) && inOrder) {
      last = value;
      check = false;
    }
  }
  if (target == TargetOs.Hpux11 && !inOrder) check = false;
  if (value == 0 && !allowsZero(target)) return invalid(packet);
  if (!check) return true;
  return acceptable(session, sender, packet, last, inOrder) || invalid(packet);
}

function acceptable(session: Session, sender: Half, packet: Packet, last: u32, inOrder: bool): bool {
  const now = seconds(packet);
  let lastTime = sender.lastPacketTime;
  if (lastTime == 0 && (session.flags & SessionFlag.Midstream) != 0) lastTime = now;
  const expired = now > lastTime + PAWS_SECONDS;
  if (!isOld(packet.timestampValue, last) && !(sender.lastTimestamp != 0 && expired)) return true;
  return inOrder && expired;
}

/** As `validateTimestamp`, and the session remembers the timestamp of an accepted packet. */
export function handleTimestamp(session: Session, packet: Packet): bool {
  const sender = half(session, packet.direction);
  const target = targetOf(half(session, 1 - packet.direction), packet);
  if (!hasTimestamp(packet)) {
    // Solaris stops using timestamps with the first packet that has none.
    if (target == TargetOs.Solaris) session.flags &= ~SessionFlag.Timestamp;
    return true;
  }
  const value = packet.timestampValue;
  const inOrder = sender.nextSeq == packet.sequence;
  let check = true;
  if ((sender.flags & HalfFlag.ZeroTimestamp) != 0) {
    if (ignoresZeroHandshake(target)) {
      session.flags &= ~SessionFlag.Timestamp;
      check = false;
    } else if (restartsAfterZero(target)) {
      sender.flags &= ~HalfFlag.ZeroTimestamp;
      if (inOrder) {
        sender.lastTimestamp = value;
        check = false;
      }
    }
  }
  if (target == TargetOs.Hpux11 && !inOrder) check = false;
  if (value == 0 && !allowsZero(target)) return invalid(packet);
  if (!check) return true;
  if (!acceptable(session, sender, packet, sender.lastTimestamp, inOrder)) return invalid(packet);
  if (inOrder) sender.lastTimestamp = value;
  sender.lastPacketTime = seconds(packet);
  return true;
}

/** Remembers the timestamps of a session picked up midstream at a packet of `direction`. */
export function pickUpTimestamps(session: Session, packet: Packet, direction: u32): void {
  const sender = half(session, direction);
  const receiver = half(session, 1 - direction);
  if (!hasTimestamp(packet)) {
    sender.lastTimestamp = 0;
    receiver.lastTimestamp = 0;
    return;
  }
  sender.lastTimestamp = packet.timestampValue;
  receiver.lastTimestamp = packet.timestampEcho;
  session.flags |= SessionFlag.Timestamp;
  sender.lastPacketTime = seconds(packet);
  if (sender.lastTimestamp == 0) sender.flags |= HalfFlag.ZeroTimestamp;
  if (receiver.lastTimestamp == 0) receiver.flags |= HalfFlag.ZeroTimestamp;
}
