/** Internet group management (RFC 2236, RFC 3376): only the header that every version has. */
import { Packet } from "./packet";

/** u8 type, u8 code, u16 checksum, u32 group */
const HEADER: u32 = 8;

/** A message that is cut has no header to ask for. */
export function noteIgmp(p: Packet, at: usize, length: u32): void {
  if (length < HEADER) return;
  p.transport = at;
  p.transportLength = HEADER;
}
