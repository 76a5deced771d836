/** The login of a session setup: the NTLMSSP authenticate message (MS-NLMP section 2.2.1.3), wherever in the blob it lies. */
import { AppEvent } from "../abi/app_events";
import { SmbTx } from "./smb_state";
import { setName } from "./smb_text";
import { Text } from "./text";

/** "NTLMSSP\0" */
const SIGNATURE: u64 = 0x005053534d4c544e;
const AUTHENTICATE: u32 = 3;

/** Where the fields of the message stand: length, room and offset of what they name; then the flags. */
const enum At {
  lm = 12,
  ntlm = 20,
  domain = 28,
  user = 36,
  host = 44,
  key = 52,
  flags = 60,
  end = 72,
}

/** Bytes up to and with the flags. */
const HEAD: u32 = 64;
/** The client names its version. */
const HAS_VERSION: u32 = 0x02000000;

export function readNtlmssp(tx: SmbTx, data: usize, length: u32): void {
  if (length < HEAD) return;
  for (let at: u32 = 0; at <= length - HEAD; at++) {
    if (load<u64>(data + at) != SIGNATURE) continue;
    if (load<u32>(data + at, 8) != AUTHENTICATE) return;
    field(tx.domain, data + at, length - at, At.domain);
    field(tx.user, data + at, length - at, At.user);
    field(tx.host, data + at, length - at, At.host);
    if (isSound(data + at, length - at) && isUnordered(data + at)) tx.raise(AppEvent.smb__unusual_ntlmssp_order);
    return;
  }
}

function sizeAt(message: usize, at: u32): u32 {
  return load<u16>(message + at);
}

function offsetAt(message: usize, at: u32): u32 {
  return load<u32>(message + at, 4);
}

/** Does everything the message names lie inside it? */
function isSound(message: usize, length: u32): bool {
  if ((load<u32>(message, At.flags) & HAS_VERSION) != 0 && length < <u32>At.end) return false;
  for (let at: u32 = At.lm; at <= <u32>At.key; at += 8)
    if (sizeAt(message, at) >= length || offsetAt(message, at) >= length) return false;
  for (let at: u32 = At.domain; at <= <u32>At.host; at += 8)
    if (offsetAt(message, at) < <u32>At.lm || length - offsetAt(message, at) < sizeAt(message, at)) return false;
  return true;
}

/** Names lie domain, user, host one behind the other, as every client writes them; others hint at a forged message. */
function isUnordered(message: usize): bool {
  const user = offsetAt(message, At.user);
  if (user < offsetAt(message, At.domain) + sizeAt(message, At.domain)) return true;
  return offsetAt(message, At.host) < user + sizeAt(message, At.user);
}

function field(to: Text, message: usize, length: u32, at: u32): void {
  const size = <u32>load<u16>(message + at);
  const offset = load<u32>(message + at, 4);
  if (offset > length || length - offset < size) return;
  setName(to, message + offset, size, 0);
}
