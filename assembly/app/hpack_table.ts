/**
 * The header tables of HPACK (RFC 7541 section 2.3): the static one, and a dynamic one a direction.
 *
 * Suricata keeps at most `max-table-size` bytes: a peer that announces more gets the first entries only, best effort.
 */
import { Account } from "../memory/heap";
import { appendText, freeText, reserveText, Text } from "./text";

/** app-layer.protocols.http2.max-table-size */
const MOST: u64 = 65536;
const DEFAULT_LIMIT: u64 = 4096;
/** RFC 7541 section 4.1. */
const ENTRY_OVERHEAD: u64 = 32;
export const STATIC_ENTRIES: u32 = 61;

@unmanaged
class Entry {
  at: u32 = 0;
  nameLength: u32 = 0;
  valueLength: u32 = 0;
}

@unmanaged
export class DynamicTable {
  entriesData: usize = 0;
  entriesLength: u32 = 0;
  bytesData: usize = 0;
  bytesLength: u32 = 0;
  /** Entries given up at the front that still take room. */
  gone: u32 = 0;
  count: u32 = 0;
  size: u64 = 0;
  limit: u64 = 0;
  /** 1: the peer may use more than is kept; 2: it did. */
  overflow: u32 = 0;

  get entries(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<DynamicTable>("entriesData"));
  }
  get bytes(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<DynamicTable>("bytesData"));
  }
  entry(i: u32): Entry {
    return changetype<Entry>(this.entriesData + <usize>(this.gone + i) * offsetof<Entry>());
  }
}

export function openTable(t: DynamicTable): void {
  t.limit = DEFAULT_LIMIT;
}

export function freeTable(t: DynamicTable): void {
  freeText(t.entries);
  freeText(t.bytes);
}

/** What the endpoint that decodes allows (SETTINGS_HEADER_TABLE_SIZE). */
export function allowTable(t: DynamicTable, bytes: u64): void {
  t.limit = bytes;
  t.overflow = bytes > MOST ? 1 : 0;
}

/** A size update in a header block: entries go at once, the limit follows behind the block. */
export function shrinkTable(t: DynamicTable, bytes: u64): void {
  if (bytes < t.limit) evict(t, bytes);
}

export function resizeTable(t: DynamicTable, bytes: u64): void {
  t.limit = bytes;
  if (bytes > MOST && t.overflow == 0) t.overflow = 1;
}

function evict(t: DynamicTable, limit: u64): void {
  while (t.size > limit && t.count > 0) {
    const e = t.entry(0);
    t.size -= ENTRY_OVERHEAD + <u64>(e.nameLength + e.valueLength);
    t.gone++;
    t.count--;
  }
  if (t.gone > 64 && t.gone > t.count) compact(t);
}

function compact(t: DynamicTable): void {
  const from = t.count == 0 ? t.bytesLength : t.entry(0).at;
  memory.copy(t.bytesData, t.bytesData + from, t.bytesLength - from);
  t.bytesLength -= from;
  const skip = t.gone * <u32>offsetof<Entry>();
  memory.copy(t.entriesData, t.entriesData + skip, t.entriesLength - skip);
  t.entriesLength -= skip;
  t.gone = 0;
  for (let i: u32 = 0; i < t.count; i++) t.entry(i).at -= from;
}

const record: usize = memory.data(12, 4);

function push(t: DynamicTable, name: usize, nameLength: u32, value: usize, valueLength: u32): void {
  const at = t.bytesLength;
  if (!reserveText(t.entries, Account.Http, <u32>offsetof<Entry>())) return;
  if (!reserveText(t.bytes, Account.Http, nameLength + valueLength)) return;
  appendText(t.bytes, Account.Http, name, nameLength);
  appendText(t.bytes, Account.Http, value, valueLength);
  const e = changetype<Entry>(record);
  e.at = at;
  e.nameLength = nameLength;
  e.valueLength = valueLength;
  appendText(t.entries, Account.Http, record, <u32>offsetof<Entry>());
  t.count++;
}

/** Adds a header at the front; older ones beyond the limit go. */
export function addEntry(t: DynamicTable, name: usize, nameLength: u32, value: usize, valueLength: u32): void {
  t.size += ENTRY_OVERHEAD + <u64>(nameLength + valueLength);
  if (t.overflow == 0) push(t, name, nameLength, value, valueLength);
  else if (t.overflow == 1) {
    if (t.size <= MOST) push(t, name, nameLength, value, valueLength);
    else if (t.size > t.limit) t.overflow = 2;
  }
  evict(t, t.limit);
}

/** The entry last found. */
export let entryName: usize = 0;
export let entryNameLength: u32 = 0;
export let entryValue: usize = 0;
export let entryValueLength: u32 = 0;

/** Finds entry `index` > STATIC_ENTRIES, counted from the newest. */
export function findEntry(t: DynamicTable, index: u64): bool {
  if (index <= <u64>STATIC_ENTRIES || index - <u64>STATIC_ENTRIES > <u64>t.count) return false;
  const e = t.entry(t.count - <u32>(index - <u64>STATIC_ENTRIES));
  entryName = t.bytesData + e.at;
  entryNameLength = e.nameLength;
  entryValue = entryName + e.nameLength;
  entryValueLength = e.valueLength;
  return true;
}

/** RFC 7541 appendix A. */
export function staticName(index: u32): string {
  if (index <= 7) {
    if (index == 1) return ":authority";
    if (index <= 3) return ":method";
    return index <= 5 ? ":path" : ":scheme";
  }
  if (index <= 14) return ":status";
  switch (index) {
    case 15:
      return "accept-charset";
    case 16:
      return "accept-encoding";
    case 17:
      return "accept-language";
    case 18:
      return "accept-ranges";
    case 19:
      return "accept";
    case 20:
      return "access-control-allow-origin";
    case 21:
      return "age";
    case 22:
      return "allow";
    case 23:
      return "authorization";
    case 24:
      return "cache-control";
    case 25:
      return "content-disposition";
    case 26:
      return "content-encoding";
    case 27:
      return "content-language";
    case 28:
      return "content-length";
    case 29:
      return "content-location";
    case 30:
      return "content-range";
    case 31:
      return "content-type";
    case 32:
      return "cookie";
    case 33:
      return "date";
    case 34:
      return "etag";
    case 35:
      return "expect";
    case 36:
      return "expires";
    case 37:
      return "from";
    case 38:
      return "host";
    case 39:
      return "if-match";
    case 40:
      return "if-modified-since";
    case 41:
      return "if-none-match";
    case 42:
      return "if-range";
    case 43:
      return "if-unmodified-since";
    case 44:
      return "last-modified";
    case 45:
      return "link";
    case 46:
      return "location";
    case 47:
      return "max-forwards";
    case 48:
      return "proxy-authenticate";
    case 49:
      return "proxy-authorization";
    case 50:
      return "range";
    case 51:
      return "referer";
    case 52:
      return "refresh";
    case 53:
      return "retry-after";
    case 54:
      return "server";
    case 55:
      return "set-cookie";
    case 56:
      return "strict-transport-security";
    case 57:
      return "transfer-encoding";
    case 58:
      return "user-agent";
    case 59:
      return "vary";
    case 60:
      return "via";
    case 61:
      return "www-authenticate";
    default:
      return "";
  }
}

export function staticValue(index: u32): string {
  switch (index) {
    case 2:
      return "GET";
    case 3:
      return "POST";
    case 4:
      return "/";
    case 5:
      return "/index.html";
    case 6:
      return "http";
    case 7:
      return "https";
    case 8:
      return "200";
    case 9:
      return "204";
    case 10:
      return "206";
    case 11:
      return "304";
    case 12:
      return "400";
    case 13:
      return "404";
    case 14:
      return "500";
    case 16:
      return "gzip, deflate";
    default:
      return "";
  }
}
