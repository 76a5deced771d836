/** The login of a session setup: the NTLMSSP authenticate message (MS-NLMP section 2.2.1.3), wherever in the blob it lies. */
import { SmbTx } from "./smb_state";
import { setName } from "./smb_text";
import { Text } from "./text";

/** "NTLMSSP\0" */
const SIGNATURE: u64 = 0x005053534d4c544e;
const AUTHENTICATE: u32 = 3;

export function readNtlmssp(tx: SmbTx, data: usize, length: u32): void {
  if (length < 64) return;
  for (let at: u32 = 0; at <= length - 64; at++) {
    if (load<u64>(data + at) != SIGNATURE) continue;
    if (load<u32>(data + at, 8) != AUTHENTICATE) return;
    field(tx.domain, data + at, length - at, 28);
    field(tx.user, data + at, length - at, 36);
    field(tx.host, data + at, length - at, 44);
    return;
  }
}

function field(to: Text, message: usize, length: u32, at: u32): void {
  const size = <u32>load<u16>(message + at);
  const offset = load<u32>(message + at, 4);
  if (offset > length || length - offset < size) return;
  setName(to, message + offset, size, 0);
}
