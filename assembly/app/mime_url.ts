/** Addresses in the text of a mail: `http://...` up to the first character that cannot be part of one. Kept without the scheme. */
import { startsWithWord } from "./ascii";
import { addItem, hasItem, MimeItem } from "./mime_header";

const MAX_URLS: u32 = 512;
const SCHEME: u32 = 7;
const LONGEST: u32 = 4096;

const fresh: usize = memory.data(8, 8);

/** Puts an address before those found so far: rules and events count from the newest, as Suricata does. */
function add(link: usize, url: usize, length: u32): void {
  let n: u32 = 0;
  for (let at = load<usize>(link); at != 0; at = changetype<MimeItem>(at).next) n++;
  if (n >= MAX_URLS || hasItem(load<usize>(link), url, length)) return;
  store<usize>(fresh, 0);
  const item = addItem(fresh, 1, 0, 0, url, length);
  if (item == 0) return;
  changetype<MimeItem>(item).next = load<usize>(link);
  store<usize>(link, item);
}

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
    if (to > from) add(link, data + from, to - from);
    i = to - 1;
  }
}
