/**
 * An X.509 certificate (RFC 5280) read in place: names as text in the order of the certificate, serial number, validity, alternative names.
 * Every getter walks the certificate anew with checked bounds; one that finds nothing answers 0.
 */
import { contentAt, contentLength, elementTag, readElement } from "./der";

const SEQUENCE: u32 = 0x30;
const INTEGER: u32 = 0x02;
const OBJECT_ID: u32 = 0x06;
const VERSION: u32 = 0xa0;
const EXTENSIONS: u32 = 0xa3;

export const enum CertificatePart {
  Serial = 0,
  Issuer = 2,
  Validity = 3,
  Subject = 4,
}

/** Text getters write here. */
export const certificateText: usize = memory.data(8192);
const TEXT_ROOM: u32 = 8192;
let written: u32 = 0;

/** End of the part found last. */
let partEnd: usize = 0;

/** Finds a part of tbsCertificate: address of its element, 0 for none. */
function findPart(der: usize, length: u32, part: CertificatePart): usize {
  const end = der + length;
  if (readElement(der, end) == 0 || elementTag != SEQUENCE) return 0;
  let at = contentAt;
  const outer = contentAt + contentLength;
  if (readElement(at, outer) == 0 || elementTag != SEQUENCE) return 0;
  at = contentAt;
  const inner = contentAt + contentLength;
  let next = readElement(at, inner);
  if (next != 0 && elementTag == VERSION) at = next;
  for (let i: u32 = 0; i < <u32>part; i++) {
    at = readElement(at, inner);
    if (at == 0) return 0;
  }
  next = readElement(at, inner);
  partEnd = next;
  return next == 0 ? 0 : at;
}

function put(byte: u32): void {
  if (written < TEXT_ROOM) store<u8>(certificateText + written++, <u8>byte);
}

function putWord(s: string): void {
  for (let i = 0; i < s.length; i++) put(s.charCodeAt(i));
}

/** Short names of attribute types under 2.5.4 (RFC 4514 section 3 and common use). */
function attributeName(type: u32): string {
  switch (type) {
    case 3:
      return "CN";
    case 4:
      return "SN";
    case 5:
      return "serialNumber";
    case 6:
      return "C";
    case 7:
      return "L";
    case 8:
      return "ST";
    case 9:
      return "street";
    case 10:
      return "O";
    case 11:
      return "OU";
    case 12:
      return "title";
    case 13:
      return "description";
    case 15:
      return "businessCategory";
    case 17:
      return "postalCode";
    case 42:
      return "GN";
    case 46:
      return "dnQualifier";
    default:
      return "";
  }
}

/** Name of the attribute type whose object id lies at `at`; others are written with dots. */
function putType(at: usize, length: u32): void {
  if (length == 3 && load<u8>(at) == 0x55 && load<u8>(at, 1) == 4) {
    const known = attributeName(load<u8>(at, 2));
    if (known.length > 0) {
      putWord(known);
      return;
    }
  }
  // 1.2.840.113549.1.9.1
  if (length == 9 && load<u32>(at) == 0x8648862a && load<u8>(at, 8) == 1 && load<u8>(at, 7) == 9) {
    putWord("emailAddress");
    return;
  }
  // 0.9.2342.19200300.100.1.25 and .1
  if (length == 10 && load<u16>(at) == 0x9209) {
    putWord(load<u8>(at, 9) == 25 ? "DC" : "UID");
    return;
  }
  putObjectId(at, length);
}

function putNumber(value: u32): void {
  if (value >= 10) putNumber(value / 10);
  put(0x30 + (value % 10));
}

function putObjectId(at: usize, length: u32): void {
  let value: u32 = 0;
  let first = true;
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(at + i);
    value = (value << 7) | (byte & 0x7f);
    if ((byte & 0x80) != 0) continue;
    if (first) {
      const top = min<u32>(value / 40, 2);
      putNumber(top);
      put(0x2e);
      value -= top * 40;
    } else put(0x2e);
    putNumber(value);
    value = 0;
    first = false;
  }
}

/** `C=US, O=Example, CN=example.org` into `certificateText`; its length. */
export function distinguishedName(der: usize, length: u32, part: CertificatePart): u32 {
  written = 0;
  const at = findPart(der, length, part);
  if (at == 0 || readElement(at, partEnd) == 0) return 0;
  let set = contentAt;
  const end = contentAt + contentLength;
  while (set != 0 && set < end) {
    const behind = readElement(set, end);
    if (behind == 0) break;
    attributes(contentAt, contentAt + contentLength);
    set = behind;
  }
  return written;
}

/** The attributes of one relative name, joined by ` + `. */
function attributes(from: usize, end: usize): void {
  let first = true;
  let at = from;
  while (at < end) {
    const behind = readElement(at, end);
    if (behind == 0) return;
    const value = readElement(contentAt, behind);
    if (value == 0 || elementTag != OBJECT_ID) return;
    if (written > 0) putWord(first ? ", " : " + ");
    putType(contentAt, contentLength);
    put(0x3d);
    if (readElement(value, behind) != 0) for (let i: u32 = 0; i < contentLength; i++) put(load<u8>(contentAt + i));
    first = false;
    at = behind;
  }
}

/** `5C:19:B7:...` into `certificateText`; its length. */
export function serialNumber(der: usize, length: u32): u32 {
  written = 0;
  const at = findPart(der, length, CertificatePart.Serial);
  if (at == 0 || readElement(at, partEnd) == 0 || elementTag != INTEGER) return 0;
  const bytes = contentAt;
  const n = contentLength;
  for (let i: u32 = 0; i < n; i++) {
    if (i > 0) put(0x3a);
    const byte = <u32>load<u8>(bytes + i);
    putUpperHex(byte >> 4);
    putUpperHex(byte & 15);
  }
  return written;
}

function putUpperHex(nibble: u32): void {
  put(nibble < 10 ? 0x30 + nibble : 0x37 + nibble);
}

function twoDigits(at: usize): i64 {
  return <i64>(<i32>load<u8>(at) - 0x30) * 10 + (<i32>load<u8>(at, 1) - 0x30);
}

/** Start (0) or end (1) of validity in seconds since 1970; i64.MIN_VALUE when it cannot be read. */
export function validity(der: usize, length: u32, which: u32): i64 {
  const at = findPart(der, length, CertificatePart.Validity);
  if (at == 0 || readElement(at, partEnd) == 0) return i64.MIN_VALUE;
  const end = contentAt + contentLength;
  let time = contentAt;
  if (which == 1) time = readElement(time, end);
  if (time == 0 || readElement(time, end) == 0) return i64.MIN_VALUE;
  const general = elementTag == 0x18;
  const need: u32 = general ? 14 : 12;
  if (contentLength < need) return i64.MIN_VALUE;
  const p = contentAt + (general ? 2 : 0);
  let year = twoDigits(p);
  if (general) year += twoDigits(contentAt) * 100;
  else year += year < 50 ? 2000 : 1900;
  return (
    civil(year, twoDigits(p + 2), twoDigits(p + 4)) * 86400 +
    twoDigits(p + 6) * 3600 +
    twoDigits(p + 8) * 60 +
    twoDigits(p + 10)
  );
}

/** Days since 1970 (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
function civil(year: i64, month: i64, day: i64): i64 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** Alternative name found last. */
export let nameAt: usize = 0;

/** Length of alternative name `index` (RFC 5280 section 4.2.1.6: mail, DNS, URI, address), its bytes at `nameAt`; -1 for none. */
export function alternativeName(der: usize, length: u32, index: u32): i32 {
  const subject = findPart(der, length, CertificatePart.Subject);
  if (subject == 0) return -1;
  const end = der + length;
  let at = partEnd;
  while (at != 0 && at < end) {
    at = readElement(at, end);
    if (at != 0 && elementTag == EXTENSIONS) return inExtensions(contentAt, contentAt + contentLength, index);
  }
  return -1;
}

function inExtensions(from: usize, limit: usize, index: u32): i32 {
  if (readElement(from, limit) == 0) return -1;
  let at = contentAt;
  const end = contentAt + contentLength;
  while (at < end) {
    const behind = readElement(at, end);
    if (behind == 0) return -1;
    let value = readElement(contentAt, behind);
    // 2.5.29.17
    const wanted = value != 0 && contentLength == 3 && load<u16>(contentAt) == 0x1d55 && load<u8>(contentAt, 2) == 17;
    if (wanted) {
      if (readElement(value, behind) != 0 && elementTag == 1) value = contentAt + contentLength;
      if (readElement(value, behind) == 0 || readElement(contentAt, behind) == 0) return -1;
      return nth(contentAt, contentAt + contentLength, index);
    }
    at = behind;
  }
  return -1;
}

function nth(from: usize, end: usize, index: u32): i32 {
  let at = from;
  let i: u32 = 0;
  while (at < end) {
    const behind = readElement(at, end);
    if (behind == 0) return -1;
    const kind = elementTag & 0x1f;
    if (kind == 1 || kind == 2 || kind == 6 || kind == 7) {
      if (i == index) {
        nameAt = contentAt;
        return <i32>contentLength;
      }
      i++;
    }
    at = behind;
  }
  return -1;
}
