/**
 * MIME messages (RFC 2045, RFC 2046), line by line: headers of the message, parts between boundaries, nested messages. Parts with a file
 * name become files of the transaction, decoded; addresses in text are collected.
 */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { Setting } from "../abi/settings";
import { Base64, Base64Mode, base64Begin, base64Finish, base64Room, base64Step } from "../codec/base64";
import { DIGEST_SIZE, Digest, DigestKind, digestBegin, digestFinish, digestUpdate } from "../codec/digest";
import { Account, acquire, release } from "../memory/heap";
import { setting } from "../memory/settings";
import { equalsWord, indexOf, isSpace, startsWithWord, trimEnd } from "./ascii";
import { appendFile, closeFile, openFile } from "./file";
import { Encoding, hexValue, isBase64 } from "./mime_encoding";
import { addItem, findParameter, freeItems, parameterAt, parameterLength } from "./mime_header";
import { collectUrls } from "./mime_url";
import { appendByte, appendText, freeText, reserveText, setText, Text } from "./text";
import { Tx } from "./transaction";

export enum MimePhase {
  Header = 0,
  Body = 1,
  /** Before the first part, behind the last one. */
  Between = 2,
  Done = 3,
}

const MAX_HEADERS: u32 = 256;
const MAX_FILES: u32 = 256;
const MAX_HEADER_NAME: u32 = 76;
const MAX_BOUNDARY: u32 = 254;
const MAX_LEVELS: u32 = 16;
const MAX_LINE: u32 = 998;
const MAX_ENCODED_LINE: u32 = 76;
const CRLF: usize = memory.data<u8>([0x0d, 0x0a]);
const md5: usize = memory.data(16);

@unmanaged
export class Mime {
  /** The header being read, over its continuation lines. */
  nameData: usize;
  nameLength: u32;
  valueData: usize;
  valueLength: u32;
  /** Boundaries of the open multiparts: a length byte and the bytes, outermost first. */
  boundaryData: usize;
  boundaryLength: u32;
  fileNameData: usize;
  fileNameLength: u32;
  /** Decoded bytes of a line. */
  decodedData: usize;
  decodedLength: u32;
  /** The current part's boundary as its Content-Type names it. */
  ownData: usize;
  ownLength: u32;
  /** Lists of MimeItem: headers of the message, file names, addresses. */
  headers: usize;
  fileNames: usize;
  urls: usize;
  file: usize;
  digest: usize;
  decoder: usize;
  hash0: u64;
  hash1: u64;
  hashed: bool;
  phase: u8;
  encoding: u8;
  levels: u8;
  multipart: bool;
  nested: bool;
  text: bool;
  /** The headers at hand are those of the message itself. */
  top: bool;
  /** Line ends that belong to the body only when another line follows. */
  lineEnd: u8;
  bodyLineEnd: u8;

  at(offset: usize): Text {
    return changetype<Text>(changetype<usize>(this) + offset);
  }
  get name(): Text {
    return this.at(offsetof<Mime>("nameData"));
  }
  get value(): Text {
    return this.at(offsetof<Mime>("valueData"));
  }
  get boundary(): Text {
    return this.at(offsetof<Mime>("boundaryData"));
  }
  get fileName(): Text {
    return this.at(offsetof<Mime>("fileNameData"));
  }
  get decoded(): Text {
    return this.at(offsetof<Mime>("decodedData"));
  }
  get own(): Text {
    return this.at(offsetof<Mime>("ownData"));
  }
}

/** A message at its first header, 0 when memory is short. */
export function openMime(): usize {
  const p = acquire(Account.App, <u32>offsetof<Mime>());
  if (p == 0) return 0;
  memory.fill(p, 0, offsetof<Mime>());
  const mime = changetype<Mime>(p);
  mime.top = true;
  if (setting(Setting.SmtpBodyMd5) != 0) {
    mime.digest = acquire(Account.App, <u32>DIGEST_SIZE);
    if (mime.digest != 0) digestBegin(mime.digest, DigestKind.Md5);
  }
  return p;
}

export function freeMime(p: usize): void {
  if (p == 0) return;
  const mime = changetype<Mime>(p);
  freeText(mime.name);
  freeText(mime.value);
  freeText(mime.boundary);
  freeText(mime.fileName);
  freeText(mime.decoded);
  freeText(mime.own);
  freeItems(mime.headers);
  freeItems(mime.fileNames);
  freeItems(mime.urls);
  release(mime.digest);
  release(mime.decoder);
  release(p);
}

/** One line without its end; `lineEnd`: bytes of that end, 0 for a piece of a long line. */
export function mimeLine(mime: Mime, tx: Tx, line: usize, length: u32, lineEnd: u32): void {
  if (length > MAX_LINE) tx.raise(AppEvent.smtp__mime_long_line);
  switch (<i32>mime.phase) {
    case MimePhase.Header:
      header(mime, tx, line, length);
      return;
    case MimePhase.Body:
    case MimePhase.Between:
      hashBody(mime, line, length, lineEnd);
      if (isBoundary(mime, tx, line, length)) return;
      if (mime.phase == <u8>MimePhase.Body) body(mime, tx, line, length, lineEnd);
      return;
    default:
      return;
  }
}

/** The message is over. */
export function mimeEnd(mime: Mime, tx: Tx): void {
  if (mime.phase == <u8>MimePhase.Header) finishHeader(mime, tx);
  endPart(mime, tx);
  if (mime.digest != 0) {
    digestFinish(changetype<Digest>(mime.digest), md5);
    mime.hash0 = load<u64>(md5);
    mime.hash1 = load<u64>(md5, 8);
    mime.hashed = true;
  }
  mime.phase = <u8>MimePhase.Done;
}

function hashBody(mime: Mime, line: usize, length: u32, lineEnd: u32): void {
  if (mime.digest == 0) return;
  const digest = changetype<Digest>(mime.digest);
  if (mime.bodyLineEnd > 0) digestUpdate(digest, CRLF + 2 - mime.bodyLineEnd, mime.bodyLineEnd);
  digestUpdate(digest, line, length);
  mime.bodyLineEnd = <u8>lineEnd;
}

function header(mime: Mime, tx: Tx, line: usize, length: u32): void {
  if (length == 0) {
    finishHeader(mime, tx);
    beginBody(mime, tx);
    return;
  }
  const limit = setting(Setting.SmtpHeaderValueDepth);
  if (isSpace(load<u8>(line)) && mime.name.length > 0) {
    let skip: u32 = 0;
    while (skip < length && isSpace(load<u8>(line + skip))) skip++;
    if (mime.value.length > 0) appendByte(mime.value, Account.App, 0x20);
    append(mime, tx, line + skip, trimEnd(line + skip, length - skip), limit);
    return;
  }
  finishHeader(mime, tx);
  const colon = indexOf(line, length, 0x3a);
  if (colon == 0 || colon == length) {
    tx.raise(AppEvent.smtp__mime_malformed_msg);
    return;
  }
  if (colon > MAX_HEADER_NAME) tx.raise(AppEvent.smtp__mime_long_header_name);
  setText(mime.name, Account.App, line, trimEnd(line, colon));
  let at = colon + 1;
  while (at < length && isSpace(load<u8>(line + at))) at++;
  mime.value.length = 0;
  append(mime, tx, line + at, trimEnd(line + at, length - at), limit);
}

function append(mime: Mime, tx: Tx, from: usize, length: u32, limit: u32): void {
  const room = limit > mime.value.length ? limit - mime.value.length : 0;
  if (length > room) tx.raise(AppEvent.smtp__mime_long_header_value);
  appendText(mime.value, Account.App, from, min<u32>(length, room));
}

/** The header read so far is whole. */
function finishHeader(mime: Mime, tx: Tx): void {
  const name = mime.name;
  const value = mime.value;
  if (name.length == 0) return;
  if (mime.top)
    addItem(
      changetype<usize>(mime) + offsetof<Mime>("headers"),
      MAX_HEADERS,
      name.data,
      name.length,
      value.data,
      value.length,
    );
  if (equalsWord(name.data, name.length, "content-type")) contentType(mime, tx);
  else if (equalsWord(name.data, name.length, "content-disposition")) fileNameOf(mime, tx, "filename");
  else if (equalsWord(name.data, name.length, "content-transfer-encoding")) {
    if (startsWithWord(value.data, value.length, "base64")) mime.encoding = <u8>Encoding.Base64;
    else if (startsWithWord(value.data, value.length, "quoted-printable")) mime.encoding = <u8>Encoding.QuotedPrintable;
  }
  name.length = 0;
  value.length = 0;
}

function contentType(mime: Mime, tx: Tx): void {
  const value = mime.value;
  mime.multipart = startsWithWord(value.data, value.length, "multipart/");
  mime.nested = startsWithWord(value.data, value.length, "message/rfc822");
  mime.text =
    startsWithWord(value.data, value.length, "text/plain") || startsWithWord(value.data, value.length, "text/html");
  if (findParameter(value.data, value.length, "boundary")) {
    if (parameterLength > MAX_BOUNDARY) tx.raise(AppEvent.smtp__mime_long_boundary);
    else setText(mime.own, Account.App, parameterAt, parameterLength);
  }
  if (mime.fileName.length == 0) fileNameOf(mime, tx, "name");
}

function fileNameOf(mime: Mime, tx: Tx, parameter: string): void {
  if (!findParameter(mime.value.data, mime.value.length, parameter)) return;
  if (parameterLength > MAX_BOUNDARY) tx.raise(AppEvent.smtp__mime_long_filename);
  setText(mime.fileName, Account.App, parameterAt, parameterLength);
}

/** Forgets what the headers of a part said. */
function beginHeaders(mime: Mime): void {
  mime.phase = <u8>MimePhase.Header;
  mime.top = false;
  mime.encoding = <u8>Encoding.None;
  mime.multipart = false;
  mime.nested = false;
  mime.text = false;
  mime.own.length = 0;
  mime.fileName.length = 0;
  mime.lineEnd = 0;
}

/** The headers are over. */
function beginBody(mime: Mime, tx: Tx): void {
  if (mime.multipart && mime.own.length > 0 && <u32>mime.levels < MAX_LEVELS) {
    appendByte(mime.boundary, Account.App, mime.own.length);
    appendText(mime.boundary, Account.App, mime.own.data, mime.own.length);
    mime.levels++;
    mime.phase = <u8>MimePhase.Between;
    return;
  }
  if (mime.nested) {
    beginHeaders(mime);
    return;
  }
  mime.phase = <u8>MimePhase.Body;
  mime.lineEnd = 0;
  if (mime.encoding == <u8>Encoding.Base64) {
    if (mime.decoder == 0) mime.decoder = acquire(Account.App, <u32>offsetof<Base64>());
    if (mime.decoder != 0) base64Begin(changetype<Base64>(mime.decoder), Base64Mode.Rfc2045);
  }
  if (mime.fileName.length == 0) return;
  const name = mime.fileName;
  mime.file = openFile(tx, Direction.ToServer, name.data, name.length, true);
  addItem(changetype<usize>(mime) + offsetof<Mime>("fileNames"), MAX_FILES, 0, 0, name.data, name.length);
}

/** Ends the part at hand and its file. */
function endPart(mime: Mime, _tx: Tx): void {
  if (mime.phase == <u8>MimePhase.Body && mime.encoding == <u8>Encoding.Base64 && mime.decoder != 0) {
    mime.decoded.length = 0;
    if (reserveText(mime.decoded, Account.App, 8)) {
      const n = base64Finish(changetype<Base64>(mime.decoder), mime.decoded.data);
      if (n > 0) emit(mime, mime.decoded.data, n);
    }
  }
  closeFile(mime.file, false);
  mime.file = 0;
}

/** Is the line a boundary of one of the open multiparts? Then the part ends, and what follows is prepared. */
function isBoundary(mime: Mime, tx: Tx, line: usize, length: u32): bool {
  if (mime.levels == 0 || length < 3 || load<u16>(line) != 0x2d2d) return false;
  const stack = mime.boundary;
  let found: i32 = -1;
  let foundAt: u32 = 0;
  let at: u32 = 0;
  for (let level: u32 = 0; level < <u32>mime.levels && at < stack.length; level++) {
    const size = <u32>load<u8>(stack.data + at);
    if (size <= length - 2 && memory.compare(line + 2, stack.data + at + 1, size) == 0) {
      const rest = length - 2 - size;
      const closes = rest >= 2 && load<u16>(line + 2 + size) == 0x2d2d;
      if (closes || trimEnd(line + 2 + size, rest) == 0) {
        found = <i32>level;
        foundAt = at;
      }
    }
    at += 1 + size;
  }
  if (found < 0) return false;
  const size = <u32>load<u8>(stack.data + foundAt);
  endPart(mime, tx);
  const closes = length - 2 - size >= 2 && load<u16>(line + 2 + size) == 0x2d2d;
  if (closes) {
    mime.levels = <u8>found;
    stack.length = foundAt;
    mime.phase = <u8>MimePhase.Between;
  } else {
    mime.levels = <u8>(found + 1);
    stack.length = foundAt + 1 + size;
    beginHeaders(mime);
  }
  return true;
}

/** Decoded bytes of the part. */
function emit(mime: Mime, data: usize, length: u32): void {
  appendFile(mime.file, data, length);
  if (setting(Setting.SmtpExtractUrls) != 0 && mime.text)
    collectUrls(changetype<usize>(mime) + offsetof<Mime>("urls"), data, length);
}

function body(mime: Mime, tx: Tx, line: usize, length: u32, lineEnd: u32): void {
  if (mime.encoding == <u8>Encoding.Base64 && setting(Setting.SmtpDecodeBase64) != 0) {
    base64Line(mime, tx, line, length);
    return;
  }
  if (mime.lineEnd > 0) emit(mime, CRLF + 2 - mime.lineEnd, mime.lineEnd);
  mime.lineEnd = <u8>lineEnd;
  if (mime.encoding == <u8>Encoding.QuotedPrintable && setting(Setting.SmtpDecodeQuotedPrintable) != 0)
    printedLine(mime, tx, line, length);
  else emit(mime, line, length);
}

function base64Line(mime: Mime, tx: Tx, line: usize, length: u32): void {
  if (length > MAX_ENCODED_LINE) tx.raise(AppEvent.smtp__mime_long_enc_line);
  if (mime.decoder == 0 || length == 0) return;
  mime.decoded.length = 0;
  if (!reserveText(mime.decoded, Account.App, base64Room(length))) return;
  for (let i: u32 = 0; i < length; i++) if (!isBase64(load<u8>(line + i))) tx.raise(AppEvent.smtp__mime_invalid_base64);
  const n = base64Step(changetype<Base64>(mime.decoder), line, length, mime.decoded.data);
  if (n > 0) emit(mime, mime.decoded.data, n);
}

/** Quoted-printable (RFC 2045 section 6.7). */
function printedLine(mime: Mime, tx: Tx, line: usize, length: u32): void {
  if (length > MAX_ENCODED_LINE) tx.raise(AppEvent.smtp__mime_long_enc_line);
  const out = mime.decoded;
  out.length = 0;
  if (!reserveText(out, Account.App, length)) return;
  for (let i: u32 = 0; i < length; i++) {
    const c = load<u8>(line + i);
    if (c != 0x3d) {
      store<u8>(out.data + out.length++, c);
      continue;
    }
    if (i + 1 == length) {
      // Soft line break: the line goes on.
      mime.lineEnd = 0;
      break;
    }
    const high = i + 2 < length ? hexValue(load<u8>(line + i + 1)) : -1;
    const low = i + 2 < length ? hexValue(load<u8>(line + i + 2)) : -1;
    if (high < 0 || low < 0) {
      tx.raise(AppEvent.smtp__mime_invalid_qp);
      store<u8>(out.data + out.length++, c);
      continue;
    }
    store<u8>(out.data + out.length++, <u8>((high << 4) | low));
    i += 2;
  }
  if (out.length > 0) emit(mime, out.data, out.length);
}
