/** `ftpbounce`: a PORT command whose address is not the client's own (RFC 959 section 4.1.2; CVE-1999-0017). */
import { Buffer } from "../../abi/buffers";
import { Direction } from "../../abi/codes";
import { appBuffer } from "../../app/registry";
import { AppState, Tx } from "../../app/transaction";
import { viewData, viewLength } from "../../app/view";
import { Packet } from "../../wire/packet";

/** "PORT", as the little-endian word that four letters are. */
const PORT: u32 = 0x54524f50;

export function matchFtpBounce(state: AppState, tx: Tx, packet: Packet): bool {
  if (packet.ipVersion != 4) return false;
  if (!appBuffer(state, tx, Buffer.ftp__command, Direction.ToServer, 0)) return false;
  if (viewLength != 4 || load<u32>(viewData) != PORT) return false;
  if (!appBuffer(state, tx, Buffer.ftp__command_data, Direction.ToServer, 0)) return false;
  const data = viewData;
  const length = viewLength;
  // Four numbers with commas behind them, as the bytes of an address lie in memory.
  let address: u32 = 0;
  let at: u32 = 0;
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
