/** `xbits` and `hostbits` (Suricata manual, xbits keyword): bits a host or pair of hosts, for a while. */
import { BitCommand, XbitsField, XbitsTrack } from "../../abi/conditions";
import { Packet } from "../../wire/packet";
import { addEntry, Entry, EntryKind, findEntry, key, removeEntry } from "./table";

const MICROSECONDS: u64 = 1000000;

function keyFor(c: usize, packet: Packet): bool {
  if (packet.ipVersion == 0) return false;
  const track = <u32>load<u8>(c, XbitsField.track);
  if (track == XbitsTrack.Source) key(packet.sourceLow, packet.sourceHigh, packet.ipVersion, 0);
  else if (track == XbitsTrack.Destination) key(packet.destinationLow, packet.destinationHigh, packet.ipVersion, 0);
  else {
    // A pair has no direction: the smaller address first.
    const swap =
      packet.sourceLow > packet.destinationLow ||
      (packet.sourceLow == packet.destinationLow && packet.sourceHigh > packet.destinationHigh);
    // IPv4 leaves the second halves free: the version there keeps it apart from IPv6.
    const mark: u64 = packet.ipVersion == 4 ? 0x4000_0000_0000_0004 : 0;
    if (swap) key(packet.destinationLow, packet.destinationHigh ^ mark, packet.sourceLow, packet.sourceHigh);
    else key(packet.sourceLow, packet.sourceHigh ^ mark, packet.destinationLow, packet.destinationHigh);
  }
  return true;
}

export function matchXbits(c: usize, packet: Packet): bool {
  if (!keyFor(c, packet)) return false;
  const is = findEntry(EntryKind.Xbit, load<u32>(c, XbitsField.name), packet.timestamp) != 0;
  const command = <u32>load<u8>(c, XbitsField.command);
  return command == BitCommand.IsSet ? is : command == BitCommand.IsNotSet ? !is : true;
}

export function applyXbits(c: usize, packet: Packet): void {
  if (!keyFor(c, packet)) return;
  const name = load<u32>(c, XbitsField.name);
  const command = <u32>load<u8>(c, XbitsField.command);
  const found = findEntry(EntryKind.Xbit, name, packet.timestamp);
  const expire = <u64>load<u32>(c, XbitsField.expire);
  const until = expire == 0 ? 0 : packet.timestamp + expire * MICROSECONDS;
  if (command == BitCommand.Set || (command == BitCommand.Toggle && found == 0)) {
    if (found != 0) changetype<Entry>(found).until = until;
    else addEntry(EntryKind.Xbit, name, packet.timestamp, until);
  } else if (found != 0) removeEntry(EntryKind.Xbit, name);
}
