/**
 * A DNS message (RFC 1035 section 4) as a checked view over bytes the caller owns.
 * Contract: after `checkMessage` returned true the header and every record it counted lie inside; names are decoded with bounds of
 * their own on every access (RFC 1035 section 4.1.4 pointers, at most MAX_POINTERS of them, at most MAX_NAME bytes of text).
 */

const enum Header {
  id = 0,
  flags = 2,
  questions = 4,
  answers = 6,
  authorities = 8,
  additionals = 10,
  size = 12,
}

export const enum Section {
  Questions = 0,
  Answers = 1,
  Authorities = 2,
  Additionals = 3,
}

/** Text of a name is cut here; Suricata's limit. */
export const MAX_NAME: u32 = 1025;
const MAX_POINTERS: u32 = 255;

export enum NameFlag {
  TooLong = 1,
  Loop = 2,
  TooManyLabels = 4,
}

/** Decoded text of the last name, dots between labels, no dot at its end. */
export const nameText: usize = memory.data(1152);
export let nameLength: u32 = 0;
/** NameFlag bits of the last name. */
export let nameFlags: u32 = 0;

function u16At(message: usize, offset: u32): u32 {
  return bswap<u16>(load<u16>(message + offset));
}

export function messageId(message: usize): u32 {
  return u16At(message, Header.id);
}

export function messageFlags(message: usize): u32 {
  return u16At(message, Header.flags);
}

export function isResponse(message: usize): bool {
  return (messageFlags(message) & 0x8000) != 0;
}

/** Records the header promises for a section. */
export function countOf(message: usize, section: Section): u32 {
  return u16At(message, Header.questions + ((<u32>section) << 1));
}

/** Reads the name at `offset`; the offset behind it, 0 when it does not fit. */
export function readName(message: usize, length: u32, offset: u32): u32 {
  nameLength = 0;
  nameFlags = 0;
  let at = offset;
  let behind: u32 = 0;
  let pointers: u32 = 0;
  while (true) {
    if (at >= length) return 0;
    const size = <u32>load<u8>(message + at);
    if (size == 0) return behind != 0 ? behind : at + 1;
    if ((size & 0xc0) == 0xc0) {
      if (at + 2 > length) return 0;
      if (behind == 0) behind = at + 2;
      const to = u16At(message, at) & 0x3fff;
      pointers++;
      if (pointers > MAX_POINTERS || to == at) {
        nameFlags |= pointers > MAX_POINTERS ? NameFlag.TooManyLabels : NameFlag.Loop;
        return behind;
      }
      at = to;
      continue;
    }
    if ((size & 0xc0) != 0 || at + 1 + size > length) return 0;
    append(message + at + 1, size);
    at += 1 + size;
  }
}

/** Adds a label; what goes beyond MAX_NAME is cut. */
function append(label: usize, size: u32): void {
  if (nameLength > 0 && nameLength < MAX_NAME) store<u8>(nameText + nameLength++, 0x2e);
  let n = size;
  if (nameLength + n > MAX_NAME) {
    n = MAX_NAME - nameLength;
    nameFlags |= NameFlag.TooLong;
  }
  memory.copy(nameText + nameLength, label, n);
  nameLength += n;
}

/** Of the record read last. */
export let recordType: u32 = 0;
export let recordClass: u32 = 0;
export let recordTtl: u32 = 0;
export let dataOffset: u32 = 0;
export let dataLength: u32 = 0;

/** Reads the question at `offset`: name and type. The offset behind it, 0 when it does not fit. */
function readQuestion(message: usize, length: u32, offset: u32): u32 {
  const at = readName(message, length, offset);
  if (at == 0 || at + 4 > length) return 0;
  recordType = u16At(message, at);
  recordClass = u16At(message, at + 2);
  dataLength = 0;
  return at + 4;
}

/** Reads the resource record at `offset`. The offset behind it, 0 when it does not fit. */
function readRecord(message: usize, length: u32, offset: u32): u32 {
  const at = readName(message, length, offset);
  if (at == 0 || at + 10 > length) return 0;
  recordType = u16At(message, at);
  recordClass = u16At(message, at + 2);
  recordTtl = bswap<u32>(load<u32>(message + at + 4));
  dataLength = u16At(message, at + 8);
  dataOffset = at + 10;
  return dataOffset + dataLength > length ? 0 : dataOffset + dataLength;
}

function read(message: usize, length: u32, section: Section, offset: u32): u32 {
  return section == Section.Questions ? readQuestion(message, length, offset) : readRecord(message, length, offset);
}

/** NameFlag bits of all names `checkMessage` read. */
export let allNameFlags: u32 = 0;

/** Do all records the header counts lie inside? */
export function checkMessage(message: usize, length: u32): bool {
  allNameFlags = 0;
  if (length < <u32>Header.size) return false;
  let at: u32 = Header.size;
  for (let s: u32 = 0; s < 4; s++) {
    const n = countOf(message, s);
    for (let i: u32 = 0; i < n; i++) {
      at = read(message, length, s, at);
      if (at == 0) return false;
      allNameFlags |= nameFlags;
    }
  }
  return true;
}

/** Is the header one of DNS: counts and codes that occur, and a first question that fits? */
export function looksLikeMessage(message: usize, length: u32): bool {
  if (length < <u32>Header.size) return false;
  const flags = messageFlags(message);
  const opcode = (flags >> 11) & 15;
  if (opcode > 6) return false;
  const total =
    countOf(message, Section.Questions) +
    countOf(message, Section.Answers) +
    countOf(message, Section.Authorities) +
    countOf(message, Section.Additionals);
  if (total == 0 || total > length / 5) return false;
  return checkMessage(message, length);
}

/** Moves to record `index` of the section: its name, type and data. False when there is no such record. */
export function readAt(message: usize, length: u32, section: Section, index: u32): bool {
  if (index >= countOf(message, section)) return false;
  let at: u32 = Header.size;
  for (let s: u32 = 0; s <= <u32>section; s++) {
    const n = s == <u32>section ? index + 1 : countOf(message, s);
    for (let i: u32 = 0; i < n; i++) {
      at = read(message, length, s, at);
      if (at == 0) return false;
    }
  }
  return true;
}
