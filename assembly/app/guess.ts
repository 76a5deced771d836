/** What a probe answers about the first bytes of a direction. */
export enum Guess {
  No = 0,
  Yes = 1,
  /** Could be, with more bytes. */
  More = 2,
}

/** Do the bytes begin with `pattern`? Letters compare in any case when `nocase`. */
export function beginsWith(data: usize, length: u32, pattern: string, nocase: bool): Guess {
  const n = <u32>pattern.length;
  const upTo = min<u32>(n, length);
  const chars = changetype<usize>(pattern);
  for (let i: u32 = 0; i < upTo; i++) {
    let byte = <u32>load<u8>(data + i);
    let wanted = <u32>load<u16>(chars + ((<usize>i) << 1));
    if (nocase) {
      if (byte - 0x61 < 26) byte -= 0x20;
      if (wanted - 0x61 < 26) wanted -= 0x20;
    }
    if (byte != wanted) return Guess.No;
  }
  return upTo == n ? Guess.Yes : Guess.More;
}
