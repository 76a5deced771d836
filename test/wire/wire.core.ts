/** The wire room alone, for its tests: one frame at a time, placed anywhere in the frame area. */
import { Frame } from "../../assembly/abi/frames";
import { Setting } from "../../assembly/abi/settings";
import { reserve } from "../../assembly/memory/arena";
import { putSetting } from "../../assembly/memory/settings";
import { ipChecksum, transportChecksum } from "../../assembly/wire/checksum";
import { decodeFrame } from "../../assembly/wire/decode";
import { configurePackets, packetAt, packetCount } from "../../assembly/wire/packets";

export { packetCount };

let descriptor: usize = 0;

export function configure(maxLayers: u32): void {
  putSetting(Setting.MaxLayers, maxLayers);
  putSetting(Setting.ErspanTypeI, 1);
  putSetting(Setting.Teredo, 1);
  putSetting(Setting.TeredoPort, 3544);
  putSetting(Setting.Vxlan, 1);
  putSetting(Setting.VxlanPort, 4789);
  putSetting(Setting.Geneve, 1);
  putSetting(Setting.GenevePort, 6081);
  if (descriptor == 0) {
    configurePackets();
    descriptor = reserve(Frame.size);
  }
}

export function memoryEnd(): usize {
  return (<usize>memory.size()) << 16;
}

/** Grows memory by one page and tells where it begins. */
export function newPage(): usize {
  return (<usize>memory.grow(1)) << 16;
}

export function decode(data: usize, length: u32, linkType: u32, flags: u32): bool {
  store<u32>(descriptor, <u32>data, Frame.data);
  store<u32>(descriptor, length, Frame.length);
  store<u32>(descriptor, length, Frame.wireLength);
  store<u64>(descriptor, 1, Frame.number);
  store<u16>(descriptor, <u16>linkType, Frame.linkType);
  store<u16>(descriptor, <u16>flags, Frame.flags);
  return decodeFrame(descriptor);
}

export function eventCount(i: u32): u32 {
  return packetAt(i).eventCount;
}
export function eventOf(i: u32, n: u32): u32 {
  return packetAt(i).event(n);
}
export function flags(i: u32): u32 {
  return packetAt(i).flags;
}
export function source(i: u32): u32 {
  return packetAt(i).source;
}
export function depth(i: u32): u32 {
  return packetAt(i).depth;
}
export function etherType(i: u32): u32 {
  return packetAt(i).etherType;
}
export function vlan(i: u32, n: u32): i32 {
  const p = packetAt(i);
  if (n >= <u32>p.vlanCount) return -1;
  return n == 0 ? p.vlan0 : n === 1 ? p.vlan1 : p.vlan2;
}
export function ipVersion(i: u32): u32 {
  return packetAt(i).ipVersion;
}
export function ip(i: u32): usize {
  return packetAt(i).ip;
}
export function ipLength(i: u32): u32 {
  return packetAt(i).ipLength;
}
export function ipHeaderLength(i: u32): u32 {
  return packetAt(i).ipHeaderLength;
}
export function proto(i: u32): u32 {
  return packetAt(i).proto;
}
export function ttl(i: u32): u32 {
  return packetAt(i).ttl;
}
export function ipOptions(i: u32): u32 {
  return packetAt(i).ipOptions;
}
export function fragmentOffset(i: u32): u32 {
  return packetAt(i).fragmentOffset;
}
export function fragmentId(i: u32): u32 {
  return packetAt(i).fragmentId;
}
export function fragmentLength(i: u32): u32 {
  return packetAt(i).fragmentLength;
}
export function fragmentPrevious(i: u32): usize {
  return packetAt(i).fragmentPrevious;
}
export function transport(i: u32): usize {
  return packetAt(i).transport;
}
export function transportLength(i: u32): u32 {
  return packetAt(i).transportLength;
}
export function payload(i: u32): usize {
  return packetAt(i).payload;
}
export function payloadLength(i: u32): u32 {
  return packetAt(i).payloadLength;
}
export function sourcePort(i: u32): u32 {
  return packetAt(i).sourcePort;
}
export function destinationPort(i: u32): u32 {
  return packetAt(i).destinationPort;
}
export function sequence(i: u32): u32 {
  return packetAt(i).sequence;
}
export function acknowledgement(i: u32): u32 {
  return packetAt(i).acknowledgement;
}
export function window(i: u32): u32 {
  return packetAt(i).window;
}
export function tcpFlags(i: u32): u32 {
  return packetAt(i).tcpFlags;
}
export function tcpOptions(i: u32): u32 {
  return packetAt(i).tcpOptions;
}
export function mss(i: u32): u32 {
  return packetAt(i).mss;
}
export function windowScale(i: u32): u32 {
  return packetAt(i).windowScale;
}
export function timestampValue(i: u32): u32 {
  return packetAt(i).timestampValue;
}
export function timestampEcho(i: u32): u32 {
  return packetAt(i).timestampEcho;
}
export function sackCount(i: u32): u32 {
  return packetAt(i).sackCount;
}
export function icmpType(i: u32): u32 {
  return packetAt(i).icmpType;
}
export function icmpCode(i: u32): u32 {
  return packetAt(i).icmpCode;
}
export function icmpId(i: u32): u32 {
  return packetAt(i).icmpId;
}
export function embeddedProto(i: u32): u32 {
  return packetAt(i).embeddedProto;
}
export function embeddedSourcePort(i: u32): u32 {
  return packetAt(i).embeddedSourcePort;
}
export function embeddedDestinationPort(i: u32): u32 {
  return packetAt(i).embeddedDestinationPort;
}
export function frameAddress(i: u32): usize {
  return packetAt(i).frame;
}
export function frameLength(i: u32): u32 {
  return packetAt(i).frameLength;
}
export function ipSum(i: u32): u32 {
  return ipChecksum(packetAt(i));
}
export function transportSum(i: u32): u32 {
  return transportChecksum(packetAt(i));
}
