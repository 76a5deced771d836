/** `tag` (Suricata manual): further packets of the session or host are logged for a while. The event carries the rule that asked. */
import { TagField } from "../../abi/conditions";
import { RuleRecord } from "../../abi/rules";
import { Packet } from "../../wire/packet";
import { addEntry, Entry, EntryKind, findEntry, key } from "./table";

const SESSION: u32 = 1;
const SECONDS: u32 = 2;
const SOURCE: u32 = 1;

export function applyTag(c: usize, rule: usize, packet: Packet): void {
  const type = <u32>load<u8>(c, TagField.type);
  if (type == SESSION) key(packet.flow, 0, 0, 0);
  else if (<u32>load<u8>(c, TagField.direction) == SOURCE)
    key(packet.sourceLow, packet.sourceHigh, packet.ipVersion, 0);
  else key(packet.destinationLow, packet.destinationHigh, packet.ipVersion, 0);
  const name = load<u32>(rule, RuleRecord.sid);
  const count = load<u32>(c, TagField.count);
  const seconds = <u32>load<u8>(c, TagField.metric) == SECONDS;
  let at = findEntry(EntryKind.Tag, name, packet.timestamp);
  if (at == 0)
    at = addEntry(EntryKind.Tag, name, packet.timestamp, seconds ? packet.timestamp + <u64>count * 1000000 : 0);
  if (at != 0) changetype<Entry>(at).count = count;
}
