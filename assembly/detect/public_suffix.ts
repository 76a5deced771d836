/**
 * Public suffixes of host names (https://publicsuffix.org): the transforms `domain` and `tld`. The table holds the hashes of the list's rules,
 * sorted: `com`, `*.ck` and `!www.ck`. A name no rule fits has its last label as suffix.
 */

/** Labels of a name that are looked at, from its end. */
const MAX_LABELS: u32 = 32;
const OFFSET: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;
const DOT: u8 = 0x2e;

function hash(data: usize, length: u32, from: u32): u32 {
  let h = from;
  for (let i: u32 = 0; i < length; i++) h = (h ^ <u32>load<u8>(data + i)) * PRIME;
  return h;
}

/** FNV-1a of what marks a rule. */
function marked(mark: string): u32 {
  let h = OFFSET;
  for (let i = 0; i < mark.length; i++) h = (h ^ <u32>mark.charCodeAt(i)) * PRIME;
  return h;
}

function has(table: usize, count: u32, value: u32): bool {
  let from: u32 = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >> 1;
    const at = load<u32>(table + ((<usize>middle) << 2));
    if (at == value) return true;
    if (at < value) from = middle + 1;
    else to = middle;
  }
  return false;
}

/** Offset of the label before the one that begins at `at`; 0 for the first. `at` is above 0. */
function labelBefore(data: usize, at: u32): u32 {
  let i = at - 1;
  while (i > 0 && load<u8>(data + i - 1) != DOT) i--;
  return i;
}

/** Offset of the public suffix of the name; `length` for an empty name. `table`: `tableLength` bytes of hashes. */
export function suffixOf(data: usize, length: u32, table: usize, tableLength: u32): u32 {
  const count = tableLength >> 2;
  // A dot that ends the name stands for the root.
  const end = length > 0 && load<u8>(data + length - 1) == DOT ? length - 1 : length;
  if (end == 0) return length;
  let at = labelBefore(data, end + 1);
  let best = at;
  for (let n: u32 = 0; n < MAX_LABELS; n++) {
    const name = data + at;
    const size = end - at;
    if (has(table, count, hash(name, size, marked("!")))) {
      const next = at + labelLength(name, size) + 1;
      return min<u32>(next, end);
    }
    if (has(table, count, hash(name, size, OFFSET))) best = at;
    if (at == 0) break;
    const before = labelBefore(data, at);
    if (has(table, count, hash(name, size, marked("*.")))) best = before;
    at = before;
  }
  return best;
}

function labelLength(data: usize, length: u32): u32 {
  let n: u32 = 0;
  while (n < length && load<u8>(data + n) != DOT) n++;
  return n;
}

/** Offset of the registered domain: the suffix and one label; `length` when the name is a suffix itself. */
export function domainOf(data: usize, length: u32, table: usize, tableLength: u32): u32 {
  const suffix = suffixOf(data, length, table, tableLength);
  return suffix == 0 || suffix >= length ? length : labelBefore(data, suffix);
}
