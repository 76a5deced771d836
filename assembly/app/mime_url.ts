/** Addresses in the text of a mail: `http://...` up to the first character that cannot be part of one. Kept without the scheme. */
import { startsWithWord } from "./ascii";
import { addItem, hasItem } from "./mime_header";

const MAX_URLS: u32 = 512;
const SCHEME: u32 = 7;
const LONGEST: u32 = 4096;

function ends(c: u32): bool {
  return c <= 0x20 || c > 0x7e || c == 0x22 || c == 0x27 || c == 0x3c || c == 0x3e || c == 0x5c;
}

/** Adds the addresses of one line to the list whose head lies at `link`. */
export function collectUrls(link: usize, data: usize, length: u32): void {
  for (let i: u32 = 0; i + SCHEME < length; i++) {
    if ((load<u8>(data + i) | 0x20) != 0x68 || !startsWithWord(data + i, length - i, "http://")) continue;
    const from = i + SCHEME;
    let to = from;
    while (to < length && to - from < LONGEST && !ends(load<u8>(data + to))) to++;
    if (to > from && !hasItem(load<usize>(link), data + from, to - from))
      addItem(link, MAX_URLS, 0, 0, data + from, to - from);
    i = to - 1;
  }
}
