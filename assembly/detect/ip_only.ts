/** IP-only rules of a packet: those that name one of its addresses, found by binary search, and those that name none. */
import { Direction } from "../abi/codes";
import { AddressIndexRecord, AddressSide, RuleListKind, RuleRecord, RuleType } from "../abi/rules";
import { addressIndexCount, addressIndexes, database, ruleIndices, rules } from "../rules/database";
import { traced } from "../verdict/trace";
import { Packet } from "../wire/packet";
import { tracedRuleAt, tracedRuleCount } from "./account";
import { Candidates } from "./candidates";
import { addRuleLists } from "./prefilter";

/** Adds the IP-only rules worth checking. */
export function addIpOnlyRules(packet: Packet, direction: Direction, set: Candidates): void {
  addRuleLists(RuleListKind.IpOnly, direction, packet, 0, set);
  if (packet.ipVersion == 4) {
    for (let i: u32 = 0; i < addressIndexCount; i++) {
      const record = addressIndexes + <usize>i * AddressIndexRecord.size;
      const source = load<u32>(record, AddressIndexRecord.side) == <u32>AddressSide.Source;
      addInterval(record, bswap<u32>(<u32>(source ? packet.sourceLow : packet.destinationLow)), set);
    }
  } else addRuleLists(RuleListKind.IpOnlyIpv6, direction, packet, 0, set);
  if (traced) addTraced(set);
}

/** Adds the rules of the interval that holds the address. */
function addInterval(record: usize, address: u32, set: Candidates): void {
  const firsts = database + load<u32>(record, AddressIndexRecord.firsts);
  let at = firsts;
  // The last interval that begins at or before the address; the first begins at 0.
  for (let count = load<u32>(record, AddressIndexRecord.intervals); count > 1; ) {
    const half = count >> 1;
    const middle = at + ((<usize>half) << 2);
    if (load<u32>(middle) <= address) at = middle;
    count -= half;
  }
  const positions = database + load<u32>(record, AddressIndexRecord.positions) + (at - firsts);
  const list = ruleIndices + ((<usize>load<u32>(record, AddressIndexRecord.rules)) << 2);
  const end = load<u32>(positions, 4);
  for (let i = load<u32>(positions); i < end; i++) set.add(load<u32>(list + ((<usize>i) << 2)));
}

/** The traced rule is checked in any case: its trace says which address it lacks. */
function addTraced(set: Candidates): void {
  for (let i: u32 = 0; i < tracedRuleCount(); i++) {
    const index = tracedRuleAt(i);
    if (load<u8>(rules + <usize>index * RuleRecord.size, RuleRecord.type) == <u8>RuleType.IpOnly) set.add(index);
  }
}
