/**
 * Transforms of inspection buffers (Suricata manual, transforms): each reads a view and leaves a new one in scratch memory.
 * Two scratch areas are used in turn, so a chain of any length needs no more.
 */
import { Cost } from "../abi/cost";
import { BufferRecord, Transform, TransformRecord } from "../abi/lists";
import { view, viewData, viewLength } from "../app/view";
import { Base64Mode, base64Decode, base64Room } from "../codec/base64";
import { DIGEST_SIZE, DigestKind, digestBegin, digestFinish, digestUpdate } from "../codec/digest";
import { GzipHeader, gzipHeaderBegin, gzipHeaderStep } from "../codec/gzip";
import { INFLATE_SIZE, InflateFraming, inflateBegin, inflateStep } from "../codec/inflate";
import { hexPair } from "../codec/percent";
import { CodecStatus } from "../codec/status";
import { captureEnd, captureStart, regexSearch } from "../match/regex";
import { reserve } from "../memory/arena";
import { Account, acquire, release } from "../memory/heap";
import { buffers, database } from "../rules/database";
import { spend } from "../verdict/cost";
import { domainOf, suffixOf } from "./public_suffix";

/** Pieces of heap that hold the outcome; released by the next transform chain. */
let held0: usize = 0;
let held1: usize = 0;
let digestState: usize = 0;
let inflateState: usize = 0;

export function configureTransforms(): bool {
  digestState = reserve(DIGEST_SIZE);
  inflateState = reserve(INFLATE_SIZE);
  return inflateState != 0;
}

function room(bytes: u32): usize {
  const piece = acquire(Account.Detect, bytes + 64);
  release(held0);
  held0 = held1;
  held1 = piece;
  return piece;
}

/** Gives the scratch memory back. */
export function closeTransforms(): void {
  release(held0);
  release(held1);
  held0 = 0;
  held1 = 0;
}

/** Applies the transforms of buffer record `index` to the view at hand. False: memory refused, the buffer counts as absent. */
export function applyTransforms(index: u32): bool {
  const record = buffers + <usize>index * BufferRecord.size;
  const count = <u32>load<u16>(record, BufferRecord.transforms);
  if (count != 0) spend(count * (Cost.Piece + viewLength));
  const first = database + load<u32>(record, BufferRecord.transformList);
  for (let i: u32 = 0; i < count; i++) if (!applyOne(first + <usize>i * TransformRecord.size)) return false;
  return true;
}

function isSpace(byte: u32): bool {
  return byte == 0x20 || byte - 9 < 5;
}

function applyOne(t: usize): bool {
  const op = <u32>load<u16>(t, TransformRecord.op);
  const argument = database + load<u32>(t, TransformRecord.argument);
  const argumentLength = <u32>load<u16>(t, TransformRecord.argumentLength);
  const data = viewData;
  const length = viewLength;
  switch (op) {
    case Transform.Pcrexform:
      if (regexSearch(argument, data, length, 0, false) == 1) {
        const start = captureStart(1);
        const end = captureEnd(1);
        if (start >= 0 && end >= start) return view(data + start, <u32>(end - start));
      }
      return true;
    case Transform.Domain: {
      const at = domainOf(data, length, argument, argumentLength);
      return view(data + at, length - at);
    }
    case Transform.Tld: {
      const at = suffixOf(data, length, argument, argumentLength);
      return view(data + at, length - at);
    }
    case Transform.Gunzip:
    case Transform.ZlibDeflate:
      return inflated(op, argument, argumentLength, data, length);
    default:
      break;
  }
  const out = room(base64Room(length) + length + 64);
  if (out == 0) return false;
  let n: u32 = 0;
  switch (op) {
    case Transform.StripWhitespace:
      for (let i: u32 = 0; i < length; i++) if (!isSpace(load<u8>(data + i))) store<u8>(out + n++, load<u8>(data + i));
      break;
    case Transform.CompressWhitespace:
      for (let i: u32 = 0; i < length; i++) {
        const byte = load<u8>(data + i);
        if (isSpace(byte) && i > 0 && isSpace(load<u8>(data + i - 1))) continue;
        store<u8>(out + n++, byte);
      }
      break;
    case Transform.ToLowercase:
      for (; n < length; n++) {
        const byte = <u32>load<u8>(data + n);
        store<u8>(out + n, <u8>(byte - 0x41 < 26 ? byte | 0x20 : byte));
      }
      break;
    case Transform.ToUppercase:
      for (; n < length; n++) {
        const byte = <u32>load<u8>(data + n);
        store<u8>(out + n, <u8>(byte - 0x61 < 26 ? byte & ~0x20 : byte));
      }
      break;
    case Transform.HeaderLowercase:
      n = lowerHeaderNames(data, length, out);
      break;
    case Transform.StripPseudoHeaders:
      n = stripPseudoHeaders(data, length, out);
      break;
    case Transform.DotPrefix:
      store<u8>(out, 0x2e);
      memory.copy(out + 1, data, length);
      n = length + 1;
      break;
    case Transform.Xor:
      if (argumentLength == 0) return true;
      for (; n < length; n++) store<u8>(out + n, load<u8>(data + n) ^ load<u8>(argument + (n % argumentLength)));
      break;
    case Transform.UrlDecode:
      n = urlDecode(data, length, out);
      break;
    case Transform.ToMd5:
      n = digest(DigestKind.Md5, data, length, out);
      break;
    case Transform.ToSha1:
      n = digest(DigestKind.Sha1, data, length, out);
      break;
    case Transform.ToSha256:
      n = digest(DigestKind.Sha256, data, length, out);
      break;
    case Transform.FromBase64:
      n = fromBase64(argument, argumentLength, data, length, out);
      break;
    default:
      return false;
  }
  return view(out, n);
}

function digest(kind: DigestKind, data: usize, length: u32, out: usize): u32 {
  const state = digestBegin(digestState, kind);
  digestUpdate(state, data, length);
  return digestFinish(state, out);
}

/** %XX and `+`; a broken escape stays as it is. */
function urlDecode(data: usize, length: u32, out: usize): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    let byte = <u32>load<u8>(data + i);
    if (byte == 0x25 && i + 2 < length) {
      const pair = hexPair(data + i + 1);
      if (pair >= 0) {
        byte = pair;
        i += 2;
      }
    } else if (byte == 0x2b) byte = 0x20;
    store<u8>(out + n++, <u8>byte);
  }
  return n;
}

/** Names before the first colon of each line go to lower case, values stay. */
function lowerHeaderNames(data: usize, length: u32, out: usize): u32 {
  let inName = true;
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(data + i);
    // The colon that starts an HTTP/2 pseudo header is part of its name.
    if (byte == 0x3a && i > 0 && load<u8>(data + i - 1) != 0x0a) inName = false;
    store<u8>(out + i, <u8>(inName && byte - 0x41 < 26 ? byte | 0x20 : byte));
    if (byte == 0x0a) inName = true;
  }
  return length;
}

/** Lines that begin with a colon (HTTP/2 pseudo headers) are left out. */
function stripPseudoHeaders(data: usize, length: u32, out: usize): u32 {
  let n: u32 = 0;
  let skip = length > 0 && load<u8>(data) == 0x3a;
  for (let i: u32 = 0; i < length; i++) {
    const byte = load<u8>(data + i);
    if (!skip) store<u8>(out + n++, byte);
    if (byte == 0x0a) skip = i + 1 < length && load<u8>(data + i + 1) == 0x3a;
  }
  return n;
}

/** Argument: u8 mode, u8 0, u16 0, u32 bytes (0 all), u32 offset. */
function fromBase64(argument: usize, argumentLength: u32, data: usize, length: u32, out: usize): u32 {
  let mode: u32 = Base64Mode.Rfc4648;
  let bytes: u32 = 0;
  let offset: u32 = 0;
  if (argumentLength >= 12) {
    mode = load<u8>(argument);
    bytes = load<u32>(argument, 4);
    offset = load<u32>(argument, 8);
  }
  if (offset >= length) return 0;
  let n = length - offset;
  if (bytes != 0 && bytes < n) n = bytes;
  const written = base64Decode(mode, data + offset, n, out);
  if (written != 0) return written;
  // What is not base64 is inspected as it came.
  memory.copy(out, data, length);
  return length;
}

/** Most bytes `gunzip` and `zlib_deflate` give when the rule names no max-size. */
const INFLATE_LIMIT: u32 = 1024;

/** gunzip, zlib_deflate. Argument: u32 most bytes of output. Data that is not compressed gives an empty buffer. */
function inflated(op: u32, argument: usize, argumentLength: u32, data: usize, length: u32): bool {
  const limit = argumentLength >= 4 ? load<u32>(argument) : INFLATE_LIMIT;
  if (inflateState == 0) return false;
  const out = room(limit);
  if (out == 0) return false;
  let at: u32 = 0;
  if (op == <u32>Transform.Gunzip) {
    const header = changetype<GzipHeader>(inflateState);
    gzipHeaderBegin(header);
    if (gzipHeaderStep(header, data, length) != CodecStatus.End) return view(out, 0);
    at = header.consumed;
  }
  const state = inflateBegin(inflateState, op == <u32>Transform.Gunzip ? InflateFraming.Raw : InflateFraming.Zlib);
  let n: u32 = 0;
  while (n < limit) {
    const status = inflateStep(state, data + at, length - at, out + n, limit - n);
    at += state.consumed;
    n += state.produced;
    if (status == CodecStatus.End || status == CodecStatus.Error) break;
    if (state.consumed == 0 && state.produced == 0) break;
  }
  spend(n * Cost.Decoded);
  return view(out, n);
}
