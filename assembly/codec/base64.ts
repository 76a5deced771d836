/**
 * Base64 (RFC 4648 section 4) in the three readings Suricata has (`base64_decode`, `from_base64: mode`, MIME bodies):
 *
 * | mode    | outside the alphabet  | missing padding at the end      |
 * | ------- | --------------------- | ------------------------------- |
 * | rfc2045 | skipped               | an open group waits for more    |
 * | rfc4648 | ends the data         | the last group is padded        |
 * | strict  | error, no output      | error, no output                |
 *
 * Output never exceeds `base64Room(length)` bytes.
 */

export const enum Base64Mode {
  Rfc2045 = 0,
  Rfc4648 = 1,
  Strict = 2,
}

const PAD: u32 = 64;
const NONE: u32 = 65;

/** Decoder state: an open group of up to four characters. */
@unmanaged
export class Base64 {
  mode: Base64Mode = Base64Mode.Rfc4648;
  held: u32 = 0;
  count: u32 = 0;
  /** The data ended: at a foreign character, or at padding in strict mode. */
  ended: bool = false;
  failed: bool = false;
}

/** Most bytes that `length` characters, with up to three held back, decode to. */
export function base64Room(length: u32): u32 {
  return ((length + 3) >> 2) * 3 + 3;
}

export function base64Begin(s: Base64, mode: Base64Mode): void {
  memory.fill(changetype<usize>(s), 0, offsetof<Base64>());
  s.mode = mode;
}

/** Value of a character: 0..63, `PAD` for `=`, `NONE` outside the alphabet. */
function valueOfCharacter(c: u32): u32 {
  if (c - 65 < 26) return c - 65;
  if (c - 97 < 26) return c - 71;
  if (c - 48 < 10) return c + 4;
  if (c == 43) return 62;
  if (c == 47) return 63;
  return c == 61 ? PAD : NONE;
}

/** Decodes the four characters held. Returns the bytes written; a group with padding in the wrong place fails. */
function group(s: Base64, out: usize): u32 {
  const a = s.held >> 24;
  const b = (s.held >> 16) & 0xff;
  const c = (s.held >> 8) & 0xff;
  const d = s.held & 0xff;
  s.held = 0;
  s.count = 0;
  const strict = s.mode == Base64Mode.Strict;
  if (a == PAD || b == PAD || (c != PAD ? false : strict && (d != PAD || (b & 15) != 0))) {
    s.failed = true;
    return 0;
  }
  store<u8>(out, <u8>((a << 2) | (b >> 4)));
  if (c == PAD) {
    s.ended = s.ended || strict;
    return 1;
  }
  if (strict && d == PAD && (c & 3) != 0) {
    s.failed = true;
    return 0;
  }
  store<u8>(out, <u8>((b << 4) | (c >> 2)), 1);
  if (d == PAD) {
    s.ended = s.ended || strict;
    return 2;
  }
  store<u8>(out, <u8>((c << 6) | d), 2);
  return 3;
}

/** Decodes `length` characters into `out`; returns the bytes written. After an error or the end nothing more comes. */
export function base64Step(s: Base64, input: usize, length: u32, out: usize): u32 {
  let produced: u32 = 0;
  for (let i: u32 = 0; i < length && !s.failed; i++) {
    if (s.ended) {
      if (s.mode == Base64Mode.Strict) s.failed = true;
      break;
    }
    const value = valueOfCharacter(<u32>load<u8>(input + i));
    if (value == NONE) {
      if (s.mode == Base64Mode.Rfc2045) continue;
      if (s.mode == Base64Mode.Strict) s.failed = true;
      else produced += base64Finish(s, out + produced);
      s.ended = true;
      break;
    }
    s.held = (s.held << 8) | value;
    if (++s.count == 4) produced += group(s, out + produced);
  }
  return produced;
}

/** Ends the data: an open group is padded (rfc4648), dropped (rfc2045) or an error (strict). Returns the bytes written. */
export function base64Finish(s: Base64, out: usize): u32 {
  if (s.count == 0 || s.failed) return 0;
  if (s.mode == Base64Mode.Rfc4648) {
    while (s.count < 4) {
      s.held = (s.held << 8) | PAD;
      s.count++;
    }
    return group(s, out);
  }
  s.failed = s.mode == Base64Mode.Strict;
  s.count = 0;
  return 0;
}

const once: usize = memory.data(32, 8);

/** Decodes a whole text into `out` (`base64Room(length)` bytes). Returns the bytes decoded; 0 for an error in strict mode. */
export function base64Decode(mode: Base64Mode, input: usize, length: u32, out: usize): u32 {
  const s = changetype<Base64>(once);
  base64Begin(s, mode);
  let produced = base64Step(s, input, length, out);
  if (!s.ended) produced += base64Finish(s, out + produced);
  return s.failed && mode == Base64Mode.Strict ? 0 : produced;
}
