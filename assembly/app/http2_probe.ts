/** HTTP/2 from the server: a first frame of SETTINGS. The client's preface is a pattern (patterns.ts). */
import { Frame2 } from "./http2_streams";
import { Probe } from "./probe";

const HEADER_SIZE: u32 = 9;
const DEFAULT_MAX_FRAME: u32 = 16384;

export function http2Probe(data: usize, length: u32): Probe {
  if (length < HEADER_SIZE) return Probe.More;
  const size = bswap<u32>(load<u32>(data)) >> 8;
  const settings = load<u8>(data + 3) == <u8>Frame2.Settings && (load<u8>(data + 4) & 0xfe) == 0;
  return settings && size <= DEFAULT_MAX_FRAME && load<u8>(data + 5) < 0x80 ? Probe.Yes : Probe.No;
}
