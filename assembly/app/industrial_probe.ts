/** Probes of control system protocols. */
import { Probe } from "./probe";

/** Modbus over TCP (MODBUS messaging implementation guide section 3.1.3): protocol identifier 0 and a length that fits a frame. */
export function modbusProbe(data: usize, length: u32): Probe {
  if (length < 8) return Probe.More;
  const size = <u32>bswap<u16>(load<u16>(data, 4));
  return load<u16>(data, 2) == 0 && size >= 2 && size <= 254 && (load<u8>(data, 7) & 0x7f) != 0 ? Probe.Yes : Probe.No;
}

/** DNP3 (IEEE 1815): the start bytes of a link frame. */
export function dnp3Probe(data: usize, length: u32): Probe {
  if (length < 10) return Probe.More;
  return load<u8>(data) == 0x05 && load<u8>(data, 1) == 0x64 && load<u8>(data, 2) >= 5 ? Probe.Yes : Probe.No;
}

/** EtherNet/IP (CIP volume 2 section 2-3): a known command. */
export function enipProbe(data: usize, length: u32): Probe {
  if (length < 24) return Probe.More;
  const command = <u32>load<u16>(data);
  const known =
    command == 0 ||
    command == 1 ||
    command == 4 ||
    (command >= 0x63 && command <= 0x66) ||
    command == 0x6f ||
    command == 0x70 ||
    command == 0x72 ||
    command == 0x73;
  return known && load<u32>(data, 8) <= 0xffff ? Probe.Yes : Probe.No;
}
