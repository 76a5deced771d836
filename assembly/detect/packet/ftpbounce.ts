/** `ftpbounce`: a PORT command whose address is not the client's own (RFC 959 section 4.1.2; CVE-1999-0017). */
import { Packet } from "../../wire/packet";

export function matchFtpBounce(packet: Packet): bool {
  const data = packet.payload;
  const length = packet.payloadLength;
  if (length < 8 || packet.ipVersion != 4) return false;
  // "PORT" in any case, then four numbers with commas.
  let at: u32 = 0;
  while (at + 4 <= length && (load<u32>(data + at) | 0x20202020) != 0x74726f70) at++;
  at += 4;
  let address: u32 = 0;
  for (let i = 0; i < 4; i++) {
    while (at < length && load<u8>(data + at) == 0x20) at++;
    let octet: u32 = 0;
    const first = at;
    while (at < length && <u32>load<u8>(data + at) - 0x30 < 10 && at - first < 4) {
      octet = octet * 10 + load<u8>(data + at) - 0x30;
      at++;
    }
    if (at == first || octet > 255 || at >= length || load<u8>(data + at) != 0x2c) return false;
    at++;
    address |= octet << ((<u32>i) << 3);
  }
  return address != <u32>packet.sourceLow;
}
