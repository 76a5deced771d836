/** Ports that FTP commands and replies announce (RFC 959 section 4.1.2, RFC 2428). Each answers 0 when there is none. */
import { isDigit } from "./ascii";

/** Offset behind the number `readNumber` read, and the number. */
let behind: u32 = 0;

/** A decimal number of at most five digits at `at`; -1 when there is none. */
function readNumber(data: usize, length: u32, at: u32): i32 {
  let value: i32 = 0;
  let i = at;
  while (i < length && i < at + 5 && isDigit(load<u8>(data + i))) value = value * 10 + <i32>load<u8>(data + i++) - 0x30;
  behind = i;
  return i == at ? -1 : value;
}

/** `h1,h2,h3,h4,p1,p2` at `at`. */
function hostPort(data: usize, length: u32, at: u32): u32 {
  let high: i32 = 0;
  for (let i = 0; i < 6; i++) {
    const n = readNumber(data, length, at);
    if (n < 0 || n > 255) return 0;
    at = behind;
    if (i < 5) {
      if (at >= length || load<u8>(data + at) != 0x2c) return 0;
      at++;
    }
    if (i == 4) high = n;
    if (i == 5) return <u32>((high << 8) | n);
  }
  return 0;
}

/** `PORT h1,h2,h3,h4,p1,p2` */
export function portOfPort(line: usize, length: u32): u32 {
  let at: u32 = 4;
  while (at < length && load<u8>(line + at) == 0x20) at++;
  return hostPort(line, length, at);
}

/** `227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)`, with or without the brackets. */
export function portOfPasv(line: usize, length: u32): u32 {
  for (let at: u32 = 4; at < length; at++) {
    if (!isDigit(load<u8>(line + at)) || isDigit(load<u8>(line + at - 1))) continue;
    const port = hostPort(line, length, at);
    if (port != 0) return port;
  }
  return 0;
}

/** `EPRT |1|132.235.1.2|6275|`: what stands between the third and the last delimiter. */
export function portOfEprt(line: usize, length: u32): u32 {
  let at: u32 = 4;
  while (at < length && load<u8>(line + at) == 0x20) at++;
  if (at >= length) return 0;
  const mark = load<u8>(line + at);
  let seen: u32 = 0;
  for (; at < length; at++) {
    if (load<u8>(line + at) != mark || ++seen < 3) continue;
    const port = readNumber(line, length, at + 1);
    return port > 0 && port < 65536 ? <u32>port : 0;
  }
  return 0;
}

/** `229 Entering Extended Passive Mode (|||6446|)` */
export function portOfEpsv(line: usize, length: u32): u32 {
  for (let at: u32 = 4; at + 4 < length; at++) {
    if (load<u8>(line + at) != 0x28) continue;
    const mark = load<u8>(line + at + 1);
    if (load<u8>(line + at + 2) != mark || load<u8>(line + at + 3) != mark) return 0;
    const port = readNumber(line, length, at + 4);
    return port > 0 && port < 65536 && behind < length && load<u8>(line + behind) == mark ? <u32>port : 0;
  }
  return 0;
}
