/** What the packet at hand sets off: which directions have news for the app layer, and whether the stream ends with it. */
import { Packet, PacketFlag } from "../wire/packet";

/** The packet at hand (Packet), 0 between packets. */
export let currentPacket: usize = 0;
/** Bit Direction: the app layer is to be fed. */
let due: u32 = 0;
/** Pseudo packet: all that is held is due, acknowledged or not. */
export let atEnd: bool = false;
/** Bit Direction: feeding that direction has begun / has ended. */
export let feedBegun: u32 = 0;
let feedEnded: u32 = 0;

/** Begins with a packet. */
export function beginUpdate(packet: Packet): void {
  currentPacket = changetype<usize>(packet);
  due = 0;
  feedBegun = 0;
  feedEnded = 0;
  atEnd = packet.has(PacketFlag.Pseudo);
}

/** Everything held in `direction` is due. */
export function beginEnd(direction: u32): void {
  currentPacket = 0;
  due |= 1 << direction;
  feedBegun &= ~(1 << direction);
  feedEnded &= ~(1 << direction);
  atEnd = true;
}

export function setDue(direction: u32): void {
  due |= 1 << direction;
}

export function isDue(direction: u32): bool {
  return (due & ~feedEnded & (1 << direction)) != 0;
}

export function beginFeed(direction: u32): void {
  feedBegun |= 1 << direction;
}

export function endFeed(direction: u32): void {
  feedEnded |= 1 << direction;
}

/** Feeding of `direction` begins anew with this packet: its data was not taken, or the other direction's must go first. */
export function restartFeed(direction: u32): void {
  due |= 1 << direction;
  feedBegun &= ~(1 << direction);
  feedEnded &= ~(1 << direction);
}
