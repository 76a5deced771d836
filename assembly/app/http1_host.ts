/** Authority of a request: host name and port, out of the request target or the Host header. */

import { hexValue } from "../codec/percent";
import { isAlphanumeric, isDigit } from "./ascii";

const MAX_HOST: u32 = 255;
const MAX_LABEL: u32 = 63;

/** What `splitHost` found. */
export let hostAt: usize = 0;
export let hostSize: u32 = 0;
export let portAt: usize = 0;
export let portSize: u32 = 0;
/** Where the authority ends. */
export let authorityEnd: usize = 0;

function isHostEnd(c: u32): bool {
  return c == 0x2f || c == 0x3f || c == 0x23 || c == 0x3a;
}

function isPathStart(c: u32): bool {
  return c == 0x2f || c == 0x3f || c == 0x23;
}

/** Splits "[//]host[:port]". False when there is no host. */
export function splitHost(at: usize, end: usize): bool {
  if (at + 1 < end && load<u16>(at) == 0x2f2f) at += 2;
  if (at < end && load<u8>(at) == 0x2f) return false;
  while (at < end && load<u8>(at) == 32) at++;
  const start = at;
  if (at < end && load<u8>(at) == 0x5b) {
    let inside = at + 1;
    while (inside < end && !isPathStart(load<u8>(inside)) && load<u8>(inside) != 0x5d) inside++;
    if (inside > at + 1) at = inside < end && load<u8>(inside) == 0x5d ? inside + 1 : inside;
  }
  if (at == start) while (at < end && !isHostEnd(load<u8>(at))) at++;
  if (at == start) return false;
  hostAt = start;
  hostSize = <u32>(at - start);
  while (hostSize > 0 && load<u8>(hostAt + hostSize - 1) == 32) hostSize--;
  authorityEnd = at;
  return true;
}

/** Splits ":port" at `at`. False when there is none. */
export function splitPort(at: usize, end: usize): bool {
  if (at >= end || load<u8>(at) != 0x3a) return false;
  at++;
  while (at < end && load<u8>(at) == 32) at++;
  const start = at;
  while (at < end && !isPathStart(load<u8>(at))) at++;
  if (at == start) return false;
  authorityEnd = at;
  portAt = start;
  portSize = 0;
  while (start + portSize < at && load<u8>(start + portSize) != 32) portSize++;
  return portSize > 0;
}

/** A port number 1..65535, or -1. */
export function portNumber(data: usize, length: u32): i32 {
  if (length == 0 || length > 8) return -1;
  let i: u32 = load<u8>(data) == 0x2b ? 1 : 0;
  if (i == length) return -1;
  let value: i32 = 0;
  for (; i < length; i++) {
    const c = <u32>load<u8>(data + i);
    if (!isDigit(c)) return -1;
    value = value * 10 + <i32>c - 48;
  }
  return value > 0 && value < 65536 ? value : -1;
}

/** libhtp's relaxed host name check: labels of letters, digits, `-` and `_`, or an IPv6 address in brackets. */
export function isValidHost(data: usize, length: u32): bool {
  if (length == 0 || length > MAX_HOST) return false;
  if (load<u8>(data) == 0x5b) {
    let i: u32 = 1;
    while (i < length && load<u8>(data + i) != 0x5d && !isPathStart(load<u8>(data + i))) i++;
    if (i > 1 && i < length && load<u8>(data + i) == 0x5d) return isIpv6(data + 1, i - 1);
  }
  if (load<u8>(data) == 0x2e) return false;
  let label: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const c = <u32>load<u8>(data + i);
    if (c == 0x2e) {
      if (i + 1 < length && load<u8>(data + i + 1) == 0x2e) return false;
      label = 0;
    } else {
      if (!isAlphanumeric(c) && c != 0x2d && c != 0x5f && c < 0x80) return false;
      // Letters beyond ASCII are Latin-1 letters to libhtp.
      if (c >= 0x80 && !isLatinLetter(c)) return false;
      if (++label > MAX_LABEL) return false;
    }
  }
  return true;
}

function isLatinLetter(c: u32): bool {
  return (
    (c >= 0xc0 && c != 0xd7 && c != 0xf7) ||
    c == 0xaa ||
    c == 0xb2 ||
    c == 0xb3 ||
    c == 0xb5 ||
    c - 0xb9 < 2 ||
    c - 0xbc < 3
  );
}

/** Text form of an IPv6 address (RFC 4291 section 2.2). */
export function isIpv6(data: usize, length: u32): bool {
  let groups: u32 = 0;
  let compressed = false;
  let i: u32 = 0;
  if (length >= 2 && load<u16>(data) == 0x3a3a) {
    compressed = true;
    i = 2;
  }
  while (i < length) {
    let digits: u32 = 0;
    const start = i;
    while (i < length && hexValue(load<u8>(data + i)) >= 0) {
      i++;
      digits++;
    }
    if (i < length && load<u8>(data + i) == 0x2e) {
      return isIpv4(data + start, length - start) && (compressed ? groups <= 5 : groups == 6);
    }
    if (digits == 0 || digits > 4) return false;
    groups++;
    if (i == length) break;
    if (load<u8>(data + i) != 0x3a) return false;
    i++;
    if (i < length && load<u8>(data + i) == 0x3a) {
      if (compressed) return false;
      compressed = true;
      i++;
    } else if (i == length) return false;
  }
  return compressed ? groups <= 7 : groups == 8;
}

function isIpv4(data: usize, length: u32): bool {
  let parts: u32 = 0;
  let digits: u32 = 0;
  let value: u32 = 0;
  for (let i: u32 = 0; i <= length; i++) {
    const c: u32 = i < length ? load<u8>(data + i) : 0x2e;
    if (c == 0x2e) {
      if (digits == 0 || value > 255) return false;
      parts++;
      digits = 0;
      value = 0;
    } else {
      if (!isDigit(c) || digits == 3 || (digits > 0 && value == 0)) return false;
      value = value * 10 + c - 48;
      digits++;
    }
  }
  return parts == 4;
}
