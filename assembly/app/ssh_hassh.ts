/** HASSH (github.com/salesforce/hassh): MD5 over the algorithms a side offers, in its order of preference. */
import { Direction } from "../abi/codes";
import { DIGEST_SIZE, DigestKind, digestBegin, digestFinish, digestUpdate, hexText } from "../codec/digest";
import { Account } from "../memory/heap";
import { SshSide } from "./ssh";
import { appendByte, appendText, setText } from "./text";

const COOKIE: u32 = 16;
/** Name lists of a KEXINIT (RFC 4253 section 7.1), in order. */
enum List {
  KeyExchange = 0,
  HostKey = 1,
  EncryptionToServer = 2,
  EncryptionToClient = 3,
  MacToServer = 4,
  MacToClient = 5,
  CompressionToServer = 6,
  CompressionToClient = 7,
  COUNT = 10,
}

const lists: usize = memory.data(List.COUNT * 8, 8);
const digest: usize = memory.data(<i32>DIGEST_SIZE, 8);
const hash: usize = memory.data(16);
const printed: usize = memory.data(32);

/** Finds the lists in the body of a KEXINIT. False when it is malformed. */
function split(data: usize, length: u32): bool {
  let at: u32 = COOKIE;
  for (let i: u32 = 0; i < <u32>List.COUNT; i++) {
    if (at > length || length - at < 4) return false;
    const size = bswap<u32>(load<u32>(data + at));
    at += 4;
    if (size > length - at) return false;
    store<u32>(lists + ((<usize>i) << 3), <u32>(data + at));
    store<u32>(lists + ((<usize>i) << 3), size, 4);
    at += size;
  }
  return true;
}

function append(side: SshSide, list: u32, first: bool): void {
  if (!first) appendByte(side.hasshText, Account.App, 0x3b);
  const entry = lists + ((<usize>list) << 3);
  appendText(side.hasshText, Account.App, load<u32>(entry), load<u32>(entry, 4));
}

/** Keeps the fingerprint of a KEXINIT's body with the side that sent it. */
export function hasshOf(side: SshSide, direction: u32, data: usize, length: u32): void {
  if (side.hasshText.length > 0 || !split(data, length)) return;
  const client = direction == Direction.ToServer;
  append(side, List.KeyExchange, true);
  append(side, client ? List.EncryptionToServer : List.EncryptionToClient, false);
  append(side, client ? List.MacToServer : List.MacToClient, false);
  append(side, client ? List.CompressionToServer : List.CompressionToClient, false);
  const d = digestBegin(digest, DigestKind.Md5);
  digestUpdate(d, side.hasshText.data, side.hasshText.length);
  digestFinish(d, hash);
  hexText(hash, 16, printed);
  setText(side.hassh, Account.App, printed, 32);
}
