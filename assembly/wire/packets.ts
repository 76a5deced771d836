/**
 * The packets of the frame at hand: [0] the frame itself, then what came out of its tunnels and reassembled datagrams, outer before inner.
 * Suricata inspects them the other way round, innermost first: walk from `packetCount() - 1` down to 0 for its order of alerts.
 * `Packet.outer` leads back to the frame: a drop of an inner packet drops every outer one.
 */
import { PacketSource } from "../abi/frames";
import { reserve } from "../memory/arena";
import { maxLayers } from "./layers";
import { PACKET_SIZE, Packet, PacketFlag } from "./packet";

/** Packet records start on multiples of this. */
const STRIDE: u32 = (PACKET_SIZE + 15) & ~15;

let records: usize = 0;
let capacity: u32 = 0;
let count: u32 = 0;

/** Reserves the records, as many as MaxLayers says. False when memory is exhausted. */
export function configurePackets(): bool {
  capacity = maxLayers();
  records = reserve(<usize>capacity * <usize>STRIDE);
  return records != 0;
}

export function packetCount(): u32 {
  return count;
}

/** Packet `i`, i < packetCount(). */
export function packetAt(i: u32): Packet {
  return changetype<Packet>(records + <usize>i * <usize>STRIDE);
}

/** Forgets all packets and gives out the first record, zeroed. */
export function firstPacket(): Packet {
  count = 1;
  memory.fill(records, 0, STRIDE);
  return changetype<Packet>(records);
}

/** A zeroed record for a packet inside `outer` whose bytes lie at `at`, or null when all are taken. */
export function innerPacket(outer: Packet, at: usize, length: u32, source: PacketSource): Packet | null {
  if (count >= capacity) return null;
  const p = packetAt(count);
  memory.fill(changetype<usize>(p), 0, STRIDE);
  count++;
  p.timestamp = outer.timestamp;
  p.number = outer.number;
  p.flags = outer.flags & (PacketFlag.PartialChecksum | PacketFlag.Egress);
  p.frame = at;
  p.frameLength = length;
  p.wireLength = length;
  p.source = <u8>source;
  p.outer = changetype<usize>(outer);
  p.depth = outer.depth;
  p.layers = outer.layers;
  return p;
}

/** Forgets the packets from `keep` on: they turned out not to be packets. */
export function forgetPackets(keep: u32): void {
  count = keep;
}
