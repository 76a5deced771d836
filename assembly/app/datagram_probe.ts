/** Probes of protocols over UDP. */
import { Direction } from "../abi/codes";
import { derHeader, derLength } from "./ber_header";
import { Probe, yesFrom } from "./probe";
import { quicHeader } from "./quic_header";

/** SNMP (RFC 3412, RFC 1157): a sequence that begins with the version, 0, 1 or 3. */
export function snmpProbe(data: usize, length: u32): Probe {
  if (length < 5) return Probe.More;
  const head = derHeader(data, length, 0x30);
  if (head == 0 || derLength == 0 || head + 3 > length) return Probe.No;
  if (load<u8>(data + head) != 0x02 || load<u8>(data + head, 1) != 1) return Probe.No;
  const version = load<u8>(data + head, 2);
  if (version == 0 || version == 1)
    return head + 4 <= length && load<u8>(data + head, 3) == 0x04 ? Probe.Yes : Probe.No;
  return version == 3 && head + 4 <= length && load<u8>(data + head, 3) == 0x30 ? Probe.Yes : Probe.No;
}

/** NTP (RFC 5905): versions 3 and 4, a known mode. */
export function ntpProbe(data: usize, length: u32): Probe {
  if (length < 2) return Probe.More;
  const version = (<u32>load<u8>(data) >> 3) & 7;
  const mode = <u32>load<u8>(data) & 7;
  if (mode == 7 && version == 2) return Probe.Yes;
  if (version < 3 || version > 4 || mode == 0) return Probe.No;
  return mode == 6 || length >= 48 ? Probe.Yes : Probe.No;
}

/** TFTP (RFC 1350): a read or write request with a file name and a mode. */
export function tftpProbe(data: usize, length: u32): Probe {
  if (length < 4 || load<u8>(data) != 0) return Probe.No;
  const code = load<u8>(data, 1);
  return code >= 1 && code <= 6 ? Probe.Yes : Probe.No;
}

/** DHCP (RFC 2131): the magic cookie behind the fixed fields. */
export function dhcpProbe(data: usize, length: u32): Probe {
  if (length < 240) return Probe.No;
  const operation = load<u8>(data);
  return (operation == 1 || operation == 2) && load<u32>(data, 236) == 0x63538263 ? Probe.Yes : Probe.No;
}

/** QUIC: a header that can be read. */
export function quicProbe(data: usize, length: u32): Probe {
  return quicHeader(data, length) ? Probe.Yes : Probe.No;
}

/** IKE (RFC 7296, RFC 2409): version 1 or 2, the length of the datagram. */
export function ikeProbe(data: usize, length: u32, direction: u32): Probe {
  // Behind port 4500 four zero bytes come first (RFC 3948).
  let at = data;
  let rest = length;
  if (rest >= 32 && load<u32>(at) == 0) {
    at += 4;
    rest -= 4;
  }
  if (rest < 28) return Probe.No;
  const major = load<u8>(at, 17) >> 4;
  if (major != 1 && major != 2) return Probe.No;
  if (load<u64>(at) == 0 || bswap<u32>(load<u32>(at, 24)) != rest) return Probe.No;
  if (load<u64>(at, 8) == 0) return yesFrom(Direction.ToServer, direction);
  return Probe.Yes;
}
