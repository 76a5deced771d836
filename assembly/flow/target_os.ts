/** Operating systems of the protected hosts by network (host-os-policy): the longest prefix decides. */
import { HOST_OS_NETWORKS, HostOsNetwork, Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { Packet } from "../wire/packet";

/** Bits of `word` of the destination address, the first of an IPv6 address or the IPv4 address in word 0, as numbers compare. */
function addressWord(packet: Packet, word: u32): u32 {
  const half = word < 2 ? packet.destinationLow : packet.destinationHigh;
  return bswap<u32>(<u32>(half >> ((<u64>(word & 1)) << 5)));
}

function isInside(packet: Packet, entry: u32, prefix: u32): bool {
  for (let word: u32 = 0; word << 5 < prefix; word++) {
    const bits = prefix - (word << 5);
    const mask: u32 = bits >= 32 ? 0xffffffff : ~(0xffffffff >> bits);
    if (((addressWord(packet, word) ^ setting(entry + HostOsNetwork.address + word)) & mask) != 0) return false;
  }
  return true;
}

/** TargetOs of the packet's destination. */
export function targetOs(packet: Packet): u32 {
  let found = setting(Setting.HostOs);
  let longest: i32 = -1;
  for (let i: u32 = 0; i < <u32>HOST_OS_NETWORKS; i++) {
    const entry = <u32>Setting.HostOsNetworks + i * HostOsNetwork.size;
    const kind = setting(entry + HostOsNetwork.kind);
    if (kind == 0) break;
    const prefix = (kind >> 8) & 0xff;
    if (kind >> 16 != <u32>packet.ipVersion || <i32>prefix <= longest || !isInside(packet, entry, prefix)) continue;
    found = kind & 0xff;
    longest = <i32>prefix;
  }
  return found;
}
