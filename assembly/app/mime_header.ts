/** Header fields of mail (RFC 5322 section 2.2, RFC 2045): a list of names and values, and the parameters inside a value. */
import { Account, acquire, release } from "../memory/heap";
import { equalsNoCase, equalsWord, isSpace, lower, trimEnd } from "./ascii";
import { freeText, setText, Text } from "./text";

/** One string of a list: a header, an address, a file name. */
@unmanaged
export class MimeItem {
  next: usize;
  nameData: usize;
  nameLength: u32;
  valueData: usize;
  valueLength: u32;

  get name(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<MimeItem>("nameData"));
  }
  get value(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<MimeItem>("valueData"));
  }
}

/** Appends to the list whose head lies at `link`; at most `most` items. 0 when it is full or memory is short. */
export function addItem(link: usize, most: u32, name: usize, nameLength: u32, value: usize, length: u32): usize {
  let n: u32 = 0;
  while (load<usize>(link) != 0) {
    link = load<usize>(link);
    if (++n >= most) return 0;
  }
  const p = acquire(Account.App, <u32>offsetof<MimeItem>());
  if (p == 0) return 0;
  memory.fill(p, 0, offsetof<MimeItem>());
  const item = changetype<MimeItem>(p);
  setText(item.name, Account.App, name, nameLength);
  setText(item.value, Account.App, value, length);
  store<usize>(link, p);
  return p;
}

export function itemAt(head: usize, index: u32): usize {
  while (head != 0 && index > 0) {
    head = changetype<MimeItem>(head).next;
    index--;
  }
  return head;
}

/** Item number `index` with this name (in any case), or 0. */
export function itemNamed(head: usize, name: string, index: u32): usize {
  for (; head != 0; head = changetype<MimeItem>(head).next) {
    const item = changetype<MimeItem>(head);
    if (equalsWord(item.name.data, item.name.length, name) && index-- == 0) return head;
  }
  return 0;
}

/** Is the value already in the list? */
export function hasItem(head: usize, value: usize, length: u32): bool {
  for (; head != 0; head = changetype<MimeItem>(head).next) {
    const item = changetype<MimeItem>(head);
    if (equalsNoCase(item.value.data, item.value.length, value, length)) return true;
  }
  return false;
}

export function freeItems(head: usize): void {
  while (head != 0) {
    const item = changetype<MimeItem>(head);
    head = item.next;
    freeText(item.name);
    freeText(item.value);
    release(changetype<usize>(item));
  }
}

/** Where the last `findParameter` found the value. */
export let parameterAt: usize = 0;
export let parameterLength: u32 = 0;

/** Sections of a parameter put together: `name*0=a; name*1=b` (RFC 2231 section 3). */
const MAX_SECTIONS: u32 = 10;
const MAX_JOINED: u32 = 1024;
const joined: usize = memory.data(1024 + 64);

/** Finds `; name=value` or `; name="value"` in a header's value, in one piece or in sections. */
export function findParameter(value: usize, length: u32, name: string): bool {
  if (findSection(value, length, name, -1)) return true;
  let total: u32 = 0;
  for (let i: u32 = 0; i < MAX_SECTIONS && findSection(value, length, name, <i32>i); i++) {
    const n = min<u32>(parameterLength, MAX_JOINED - total);
    memory.copy(joined + total, parameterAt, n);
    total += n;
  }
  parameterAt = joined;
  parameterLength = total;
  return total > 0;
}

/** Finds a parameter whole (`section` below 0) or one section of it. */
function findSection(value: usize, length: u32, name: string, section: i32): bool {
  let at: u32 = 0;
  while (at < length) {
    // To the next semicolon outside quotes.
    let quoted = false;
    while (at < length && (quoted || load<u8>(value + at) != 0x3b)) {
      if (load<u8>(value + at) == 0x22) quoted = !quoted;
      at++;
    }
    if (++at >= length) return false;
    while (at < length && isSpace(load<u8>(value + at))) at++;
    if (matches(value + at, length - at, name, section)) return true;
  }
  return false;
}

function matches(at: usize, length: u32, name: string, section: i32): bool {
  const n = <u32>name.length;
  if (length <= n) return false;
  for (let i: u32 = 0; i < n; i++) if (lower(load<u8>(at + i)) != <u32>name.charCodeAt(i)) return false;
  let i = n;
  if (section >= 0) {
    if (length < n + 3 || load<u8>(at + i) != 0x2a || <i32>load<u8>(at + i + 1) != 0x30 + section) return false;
    i += 2;
  }
  if (load<u8>(at + i) == 0x2a) i++;
  while (i < length && isSpace(load<u8>(at + i))) i++;
  if (i >= length || load<u8>(at + i) != 0x3d) return false;
  i++;
  while (i < length && isSpace(load<u8>(at + i))) i++;
  const quoted = i < length && load<u8>(at + i) == 0x22;
  if (quoted) i++;
  let end = i;
  while (end < length && (quoted ? load<u8>(at + end) != 0x22 : load<u8>(at + end) != 0x3b)) end++;
  parameterAt = at + i;
  parameterLength = quoted ? end - i : trimEnd(at + i, end - i);
  return parameterLength > 0;
}
