/**
 * Literals that are a whole buffer, or its end: host names by the thousand. One hash grows from the last byte of the text to its first; where a
 * literal of that many bytes exists, its list is looked up.
 *
 *     text   w w w . e v i l . e x a m p l e
 *     hash         ◄──────────┼──── of "e", of "le", ... of ".example", ... of "evil.example": is there one?
 *
 * Contract: as in literal.ts.
 */
import { LiteralExact, LiteralExactEntry, LiteralFormat, LiteralHeader } from "../abi/literals";
import { report, same } from "./verify";

/** Reports the literals of the index that the text is, or ends with. */
export function scanExact(table: usize, index: usize, data: usize, end: usize): void {
  const text = table + load<u32>(table, LiteralHeader.TEXT);
  const heads = table + load<u32>(index, LiteralExact.HEADS);
  const entries = table + load<u32>(index, LiteralExact.ENTRIES);
  const shift = 32 - load<u32>(index, LiteralExact.HEAD_BITS);
  const length = <u32>(end - data);
  const longest = min<u32>(length, load<u32>(index, LiteralExact.LONGEST));
  let hash: u32 = 0;
  for (let bytes: u32 = 1; bytes <= longest; ++bytes) {
    const byte = <u32>load<u8>(end - bytes) & LiteralFormat.NOCASE_MASK;
    hash = (hash ^ byte) * <u32>LiteralFormat.GRAM_MULTIPLIER;
    if (((load<u8>(index + (bytes >> 3), LiteralExact.LENGTHS) >> (bytes & 7)) & 1) == 0) continue;
    const head = load<u32>(heads + ((<usize>(hash >>> shift)) << 2));
    if (head == 0) continue;
    let entry = entries + <usize>(head - 1) * LiteralExactEntry.SIZE;
    for (; ; entry += LiteralExactEntry.SIZE) {
      const fits = load<u8>(entry, LiteralExactEntry.LENGTH) == bytes;
      if (fits && (bytes == length || load<u8>(entry, LiteralExactEntry.WHOLE) == 0)) {
        const vectors = text + load<u32>(entry, LiteralExactEntry.TEXT);
        if (same(end - bytes, vectors, bytes)) report(load<u32>(entry, LiteralExactEntry.LITERAL));
      }
      if (load<u8>(entry, LiteralExactEntry.FOLLOWED) == 0) break;
    }
  }
}

/** Whether the index can be followed blindly in a table of `length` bytes, `count` literals and so many bytes of text. */
export function checkExact(table: usize, index: usize, length: u32, count: u32, textBytes: u32): bool {
  const heads = load<u32>(index, LiteralExact.HEADS);
  const headBits = load<u32>(index, LiteralExact.HEAD_BITS);
  const entries = load<u32>(index, LiteralExact.ENTRIES);
  const entryCount = load<u32>(index, LiteralExact.ENTRY_COUNT);
  if (headBits < 1 || headBits > 18 || entryCount > <u32>LiteralFormat.MAX_LITERALS) return false;
  if (load<u32>(index, LiteralExact.LONGEST) > <u32>LiteralFormat.MAX_LITERAL_BYTES) return false;
  if ((heads & 7) != 0 || <u64>heads + <u64>((<u32>4) << headBits) > <u64>length) return false;
  if ((entries & 7) != 0 || <u64>entries + <u64>(entryCount * LiteralExactEntry.SIZE) > <u64>length) return false;
  for (let i: u32 = 0; i < (<u32>1) << headBits; ++i) {
    if (load<u32>(table + heads + (i << 2)) > entryCount) return false;
  }
  for (let i: u32 = 0; i < entryCount; ++i) {
    const entry = table + entries + i * LiteralExactEntry.SIZE;
    const size: u32 = load<u8>(entry, LiteralExactEntry.LENGTH);
    const vectors = load<u32>(entry, LiteralExactEntry.TEXT);
    const followed = load<u8>(entry, LiteralExactEntry.FOLLOWED);
    if (size == 0 || load<u32>(entry, LiteralExactEntry.LITERAL) >= count) return false;
    if (i + 1 == entryCount && followed != 0) return false;
    if ((vectors & 7) != 0 || <u64>vectors + <u64>(((size + 15) >> 4) << 5) > <u64>textBytes) return false;
  }
  return true;
}
