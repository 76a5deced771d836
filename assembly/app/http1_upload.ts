/**
 * Files of a transaction: the body of a response, the body of a PUT or POST, the files of a form.
 *
 * A response's file takes its name from Content-Disposition, else from the path; so does a plain request body. A form
 * (`multipart/form-data`) holds a file for each part that names one.
 */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { Account } from "../memory/heap";
import { find, isSpace, startsWithWord } from "./ascii";
import { AppFile, appendFile, closeFile, gapFile, lastFile, MAX_FILE_NAME, openFile } from "./file";
import { isRangeOfHttp1 } from "./http_range";
import { Body } from "./http1_body";
import { findHeader, isPresent } from "./http1_headers";
import { HttpFlag, HttpState, HttpTx, Method } from "./http1_state";
import { appendText, Text } from "./text";

/** Longest boundary of a form. */
const MAX_BOUNDARY: u32 = 200;

/** What `findParameter` found. */
let parameterAt: usize = 0;
let parameterSize: u32 = 0;

/** Finds the parameter `name` (with its "=") of a header value, without its quotes. */
function findParameter(data: usize, length: u32, name: string): bool {
  const skip = <u32>name.length;
  let at: u32 = 0;
  while (at < length) {
    while (at < length && isSpace(load<u8>(data + at))) at++;
    const start = at;
    let quoted = false;
    while (at < length) {
      const c = <u32>load<u8>(data + at);
      const plain = at == start || load<u8>(data + at - 1) != 0x5c;
      if (c == 0x22 && plain) quoted = !quoted;
      if (c == 0x3b && plain && !quoted) break;
      at++;
    }
    const size = at - start;
    if (size > skip && startsWithWord(data + start, size, name)) {
      parameterAt = data + start + skip;
      parameterSize = size - skip;
      if (load<u8>(parameterAt) == 0x22) {
        parameterAt++;
        parameterSize--;
      }
      if (parameterSize > 0 && load<u8>(parameterAt + parameterSize - 1) == 0x22) parameterSize--;
      return true;
    }
    at++;
  }
  return false;
}

function openNamed(tx: HttpTx, direction: u32, name: usize, length: u32, keeps: bool): bool {
  if (length > MAX_FILE_NAME) tx.raise(AppEvent.http__file_name_too_long);
  return openFile(tx, direction, name, length, keeps) != 0;
}

/** New bytes of a request body, as far as the limit took them; 0 bytes: the limit is reached. */
export function requestFileData(state: HttpState, tx: HttpTx, data: usize, length: u32): void {
  if (tx.note(HttpFlag.RequestBodySeen)) prepareRequest(tx);
  if (length == 0) {
    if (tx.has(HttpFlag.RequestFileOpen)) closeFile(lastFile(tx, Direction.ToServer), true);
    tx.noted &= ~HttpFlag.RequestFileOpen;
    return;
  }
  if (tx.has(HttpFlag.Multipart)) {
    readForm(tx, false);
    return;
  }
  if (!tx.has(HttpFlag.Form)) return;
  if (!tx.has(HttpFlag.RequestFileOpen)) {
    if (tx.path.length == 0) return;
    if (openNamed(tx, Direction.ToServer, tx.path.data, tx.path.length, true)) tx.note(HttpFlag.RequestFileOpen);
  }
  appendFile(lastFile(tx, Direction.ToServer), data, length);
}

/** First bytes of a request body: is it a form, a file, or neither? */
function prepareRequest(tx: HttpTx): void {
  if (tx.method == Method.Put) tx.note(HttpFlag.Form);
  if (tx.method != Method.Post) return;
  const type = findHeader(tx.requestHeaders, "content-type");
  if (!isPresent(type) || !findParameter(type.valueData, type.valueLength, "boundary=")) {
    tx.note(HttpFlag.Form);
    return;
  }
  if (parameterSize >= MAX_BOUNDARY) return;
  const marks = "--";
  const boundary = tx.boundary;
  appendMarks(boundary, marks);
  appendText(boundary, Account.Http, parameterAt, parameterSize);
  appendMarks(boundary, marks);
  tx.note(HttpFlag.Multipart);
}

function appendMarks(t: Text, marks: string): void {
  for (let i = 0; i < marks.length; i++) {
    store<u8>(mark, <u8>marks.charCodeAt(i));
    appendText(t, Account.Http, mark, 1);
  }
}
const mark: usize = memory.data(8, 8);
/** CR LF CR LF */
const blankLine: usize = memory.data<u8>([13, 10, 13, 10]);

/** Reads as much of a form as is there. `over`: the request is complete. */
function readForm(tx: HttpTx, over: bool): void {
  const body = changetype<Body>(tx.requestBody);
  if (tx.requestBody == 0) return;
  // "--boundary--"; a delimiter lacks the last two marks.
  const boundary = tx.boundary.data;
  const whole = tx.boundary.length;
  const delimiter = whole - 2;
  for (;;) {
    if (body.parsed < body.base) return;
    const skip = <u32>(body.parsed - body.base);
    if (skip > body.length) return;
    const data = body.data + skip;
    const length = body.length - skip;
    const at = find(data, length, boundary, delimiter);
    if (tx.has(HttpFlag.RequestFileOpen)) {
      const file = lastFile(tx, Direction.ToServer);
      if (at < 0) {
        if (over) {
          appendFile(file, data, length);
          closeFile(file, true);
          tx.noted &= ~HttpFlag.RequestFileOpen;
        } else if (length > whole) {
          appendFile(file, data, length - delimiter);
          body.parsed += <u64>(length - delimiter);
        }
        return;
      }
      // The delimiter's line starts with a line end that is not part of the file.
      if (at > 2) appendFile(file, data, at - 2);
      if (file != 0 && changetype<AppFile>(file).size == 0 && <u32>at + whole <= length) {
        if (memory.compare(data + at, boundary, whole) == 0) tx.raise(AppEvent.http__multipart_no_filedata);
      }
      closeFile(file, false);
      tx.noted &= ~HttpFlag.RequestFileOpen;
      body.parsed += <u64>at;
      continue;
    }
    if (at < 0) {
      if (length > whole) body.parsed += <u64>(length - whole + 1);
      return;
    }
    const head = find(data + at, length - at, blankLine, 4);
    if (head < 0) return;
    if (<u32>head > delimiter + 2) readPartHeader(tx, data + at + delimiter + 2, head - delimiter - 2);
    body.parsed += <u64>(at + head + 4);
  }
}

/** The header lines of a part of a form: opens the file that they name. */
function readPartHeader(tx: HttpTx, data: usize, length: u32): void {
  const end = data + length;
  let named: usize = 0;
  let size: u32 = 0;
  while (data < end) {
    let stop = data;
    while (stop < end && !(load<u8>(stop) == 13 && stop + 1 < end && load<u8>(stop + 1) == 10)) stop++;
    const line = <u32>(stop - data);
    let colon: u32 = 0;
    while (colon < line && load<u8>(data + colon) != 0x3a) colon++;
    if (colon + 1 >= line) {
      tx.raise(AppEvent.http__multipart_invalid_header);
    } else if (startsWithWord(data, line, "content-disposition:")) {
      if (findParameter(data + 20, line - 20, "filename=")) {
        named = parameterAt;
        size = parameterSize;
      }
    }
    data = stop + 2;
  }
  if (named != 0 && openNamed(tx, Direction.ToServer, named, size, true)) tx.note(HttpFlag.RequestFileOpen);
}

/** The request is complete. */
export function closeRequestFile(state: HttpState, tx: HttpTx): void {
  if (tx.has(HttpFlag.Multipart)) readForm(tx, true);
  if (tx.has(HttpFlag.RequestFileOpen)) closeFile(lastFile(tx, Direction.ToServer), false);
  tx.noted &= ~HttpFlag.RequestFileOpen;
}

export function requestFileGap(tx: HttpTx): void {
  if (tx.has(HttpFlag.RequestFileOpen)) gapFile(lastFile(tx, Direction.ToServer));
}

/** New bytes of a response body; 0 bytes: the limit is reached. */
export function responseFileData(state: HttpState, tx: HttpTx, data: usize, length: u32): void {
  if (length == 0) {
    if (tx.has(HttpFlag.ResponseFileOpen)) closeFile(lastFile(tx, Direction.ToClient), true);
    tx.noted &= ~HttpFlag.ResponseFileOpen;
    return;
  }
  // Junk before a status line is body, but no file.
  if (tx.responseLine.length == 0 && !tx.has(HttpFlag.Http09)) return;
  if (!tx.has(HttpFlag.ResponseFileOpen)) {
    let name = tx.path.data;
    let size = tx.path.length;
    const disposition = findHeader(tx.responseHeaders, "content-disposition");
    if (isPresent(disposition) && findParameter(disposition.valueData, disposition.valueLength, "filename=")) {
      name = parameterAt;
      size = parameterSize;
    }
    if (name == 0) return;
    const range = findHeader(tx.responseHeaders, "content-range");
    if (isPresent(range) && !isRangeOfHttp1(range.valueData, range.valueLength)) tx.raise(AppEvent.http__range_invalid);
    if (openNamed(tx, Direction.ToClient, name, size, false)) tx.note(HttpFlag.ResponseFileOpen);
  }
  appendFile(lastFile(tx, Direction.ToClient), data, length);
}

export function responseFileGap(tx: HttpTx): void {
  if (tx.has(HttpFlag.ResponseFileOpen)) gapFile(lastFile(tx, Direction.ToClient));
}

/** The response is complete. */
export function closeResponseFile(state: HttpState, tx: HttpTx): void {
  if (tx.has(HttpFlag.ResponseFileOpen)) closeFile(lastFile(tx, Direction.ToClient), false);
  tx.noted &= ~HttpFlag.ResponseFileOpen;
}
