/** Names as SMB writes them: UTF-16LE or one byte a character. Suricata keeps them without their zero bytes. */
import { Account } from "../memory/heap";
import { appendByte, Text } from "./text";

/** Longest name kept. */
const MAX_NAME: u32 = 4096;

/** Replaces `to` by the bytes that are not zero; a leading character `skip` (0: none) is left out. */
export function setName(to: Text, data: usize, length: u32, skip: u32): void {
  to.length = 0;
  const n = min(length, MAX_NAME);
  let first = true;
  for (let i: u32 = 0; i < n; i++) {
    const byte = <u32>load<u8>(data + i);
    if (byte == 0) continue;
    if (!first || byte != skip || skip == 0) appendByte(to, Account.App, byte);
    first = false;
  }
}

/** Length of the text that ends at a zero character (or at the end), without it. */
export function nameEnd(data: usize, length: u32, wide: bool): u32 {
  if (!wide) {
    let n: u32 = 0;
    while (n < length && load<u8>(data + n) != 0) n++;
    return n;
  }
  let n: u32 = 0;
  while (n + 1 < length && load<u16>(data + n) != 0) n += 2;
  return n;
}
