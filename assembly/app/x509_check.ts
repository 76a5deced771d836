/**
 * What is wrong with a certificate (RFC 5280 section 4.1), under the names of Suricata's events. Elements are read in their order; a header
 * that is cut off, content that is, and a wrong tag are told apart, as Suricata's parser does.
 *
 * Contract: nothing at or behind `end` is read.
 */
import { AppEvent } from "../abi/app_events";
import { contentAt, contentLength, ElementFault, elementFault, elementTag, readElement } from "./der";

const enum Tag {
  Integer = 0x02,
  BitString = 0x03,
  ObjectId = 0x06,
  UtcTime = 0x17,
  GeneralizedTime = 0x18,
  Sequence = 0x30,
  IssuerId = 0x81,
  SubjectId = 0x82,
  Version = 0xa0,
  Extensions = 0xa3,
}

/** Reads a sequence. Its fault as an event, 0 for none. */
function sequence(at: usize, end: usize): u32 {
  if (readElement(at, end) != 0) return elementTag == Tag.Sequence ? 0 : AppEvent.tls__certificate_invalid_der;
  if (elementFault == ElementFault.Length) return AppEvent.tls__certificate_invalid_length;
  return elementFault == ElementFault.Content
    ? AppEvent.tls__invalid_certificate
    : AppEvent.tls__certificate_invalid_der;
}

/** An algorithm identifier: its object id must be there. */
function algorithm(at: usize, end: usize): u32 {
  if (readElement(at, end) == 0) return AppEvent.tls__certificate_invalid_length;
  if (elementTag != Tag.Sequence) return AppEvent.tls__certificate_invalid_der;
  const behind = contentAt + contentLength;
  const found = readElement(contentAt, behind) != 0 && elementTag == Tag.ObjectId;
  return found ? 0 : AppEvent.tls__certificate_invalid_algorithmidentifier;
}

function isTag(at: usize, end: usize, tag: u32): bool {
  return readElement(at, end) != 0 && elementTag == tag;
}

/** An integer of 32 bits that is not negative? */
function isSmallInteger(at: usize, end: usize): bool {
  if (!isTag(at, end, Tag.Integer) || contentLength == 0) return false;
  const first = <u32>load<u8>(contentAt);
  return first < 0x80 && (contentLength <= 4 || (contentLength == 5 && first == 0));
}

function pair(at: usize): u32 {
  const high = <u32>load<u8>(at) - 0x30;
  const low = <u32>load<u8>(at, 1) - 0x30;
  return high > 9 || low > 9 ? u32.MAX_VALUE : high * 10 + low;
}

/** Year of two or four digits, month, day, hour, minute. */
function isTime(at: usize, end: usize): bool {
  if (readElement(at, end) == 0 || (elementTag != Tag.UtcTime && elementTag != Tag.GeneralizedTime)) return false;
  const year: u32 = elementTag == Tag.UtcTime ? 2 : 4;
  if (contentLength < year + 8) return false;
  const p = contentAt + year;
  if (pair(contentAt) > 99 || pair(p - 2) > 99) return false;
  const month = pair(p);
  const day = pair(p + 2);
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && pair(p + 4) < 24 && pair(p + 6) < 60;
}

/** The first thing wrong with the certificate between `der` and `end`, as an event; 0 for nothing. */
export function certificateFault(der: usize, end: usize): u32 {
  let fault = sequence(der, end);
  if (fault != 0) return fault;
  const outer = contentAt + contentLength;
  const tbs = contentAt;
  fault = sequence(tbs, outer);
  if (fault != 0) return fault;
  const signature = contentAt + contentLength;
  fault = bodyFault(contentAt, signature);
  if (fault == 0) fault = algorithm(signature, outer);
  if (fault != 0) return fault;
  return isTag(readElement(signature, outer), outer, Tag.BitString) ? 0 : AppEvent.tls__invalid_certificate;
}

/** Of what is signed: version, serial number, algorithm, issuer, validity, subject, key, ids, extensions. */
function bodyFault(from: usize, end: usize): u32 {
  let at = from;
  let next = readElement(at, end);
  if (next != 0 && elementTag == Tag.Version) {
    if (!isSmallInteger(contentAt, next)) return AppEvent.tls__certificate_invalid_version;
    at = next;
  }
  if (!isTag(at, end, Tag.Integer)) return AppEvent.tls__certificate_invalid_serial;
  at = readElement(at, end);
  let fault = algorithm(at, end);
  if (fault != 0) return fault;
  at = readElement(at, end);
  fault = sequence(at, end);
  if (fault != 0) return fault;
  at = readElement(at, end);
  fault = sequence(at, end);
  if (fault != 0) return fault;
  next = contentAt + contentLength;
  const start = contentAt;
  if (!isTime(start, next) || !isTime(readElement(start, next), next)) return AppEvent.tls__certificate_invalid_date;
  fault = sequence(next, end);
  if (fault != 0) return fault;
  at = contentAt + contentLength;
  return keyFault(at, end);
}

/** The public key and what may follow it. */
function keyFault(from: usize, end: usize): u32 {
  let fault = sequence(from, end);
  if (fault != 0) return fault;
  let at = contentAt + contentLength;
  const key = contentAt;
  fault = algorithm(key, at);
  if (fault != 0) return fault;
  if (!isTag(readElement(key, at), at, Tag.BitString)) return AppEvent.tls__invalid_certificate;
  for (let i: u32 = 0; i < 2 && at < end; i++) {
    const next = readElement(at, end);
    if (next != 0 && (elementTag == Tag.IssuerId || elementTag == Tag.SubjectId)) at = next;
  }
  if (at >= end) return 0;
  if (!isTag(at, end, Tag.Extensions)) return AppEvent.tls__certificate_invalid_extensions;
  return sequence(contentAt, contentAt + contentLength);
}
