/**
 * Session descriptions (RFC 8866) carried by SIP: the value of each line is kept under the letter's name. A line with a letter out of place
 * (a session's line behind the first medium) belongs to the medium.
 */
import { Buffer } from "../abi/buffers";
import { indexOf } from "./ascii";
import { keep, ValueTx } from "./values";

const enum Letter {
  a = 0x61,
  b = 0x62,
  c = 0x63,
  e = 0x65,
  i = 0x69,
  k = 0x6b,
  m = 0x6d,
  o = 0x6f,
  p = 0x70,
  r = 0x72,
  s = 0x73,
  t = 0x74,
  u = 0x75,
  v = 0x76,
  z = 0x7a,
}

/** Buffer of a session's line; 0 when it has none. */
function sessionBuffer(letter: u32): u32 {
  switch (letter) {
    case Letter.o:
      return Buffer.sdp__origin;
    case Letter.s:
      return Buffer.sdp__session_name;
    case Letter.i:
      return Buffer.sdp__session_info;
    case Letter.u:
      return Buffer.sdp__uri;
    case Letter.e:
      return Buffer.sdp__email;
    case Letter.p:
      return Buffer.sdp__phone_number;
    case Letter.c:
      return Buffer.sdp__connection_data;
    case Letter.b:
      return Buffer.sdp__bandwidth;
    case Letter.t:
      return Buffer.sdp__time;
    case Letter.r:
      return Buffer.sdp__repeat_time;
    case Letter.z:
      return Buffer.sdp__timezone;
    case Letter.k:
      return Buffer.sdp__encryption_key;
    case Letter.a:
      return Buffer.sdp__attribute;
    case Letter.m:
      return Buffer.sdp__media__media;
    default:
      return 0;
  }
}

/** Buffer of a line behind the first `m=`; 0 when it has none. */
function mediaBuffer(letter: u32): u32 {
  switch (letter) {
    case Letter.m:
      return Buffer.sdp__media__media;
    case Letter.i:
      return Buffer.sdp__media__media_info;
    case Letter.c:
      return Buffer.sdp__media__connection_data;
    case Letter.k:
      return Buffer.sdp__media__encryption_key;
    default:
      return 0;
  }
}

/** Keeps the lines of a description. It must begin with its version, `v=`. */
export function parseSdp(tx: ValueTx, direction: u32, data: usize, length: u32): void {
  if (length < 2 || load<u8>(data) != Letter.v || load<u8>(data, 1) != 0x3d) return;
  let media = false;
  for (let at: u32 = 0; at < length; ) {
    const line = indexOf(data + at, length - at, 10);
    let n = line;
    if (n > 0 && load<u8>(data + at + n - 1) == 13) n--;
    if (n >= 2 && load<u8>(data + at, 1) == 0x3d) {
      const letter = <u32>load<u8>(data + at);
      if (letter == Letter.m) media = true;
      const buffer = media ? mediaBuffer(letter) : sessionBuffer(letter);
      if (buffer != 0) keep(tx, buffer, direction, data + at + 2, n - 2);
    }
    at += line + 1;
  }
}
