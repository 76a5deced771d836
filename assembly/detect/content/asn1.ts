/**
 * `asn1` (Suricata manual, payload keywords): BER frames of the buffer, checked for a bit string with bad padding, an overlong double,
 * or a length above a limit. At most asn1-max-frames frames; nesting is walked, not recursed into.
 */
import { Condition } from "../../abi/conditions";
import { Asn1Field, Asn1Flag } from "../../abi/content_conditions";
import { Setting } from "../../abi/settings";
import { setting } from "../../memory/settings";
import { cursor, data, length } from "./state";

const BIT_STRING: u32 = 3;
const REAL: u32 = 9;

/** Header of the frame at `at`: fills the globals below; false when it does not fit. */
let tag: u32 = 0;
let constructed: bool = false;
let body: u32 = 0;
let size: u64 = 0;
let endless: bool = false;

function frame(at: u32): bool {
  if (at + 2 > length) return false;
  const first = <u32>load<u8>(data + at);
  constructed = (first & 0x20) != 0;
  tag = first & 0x1f;
  let p = at + 1;
  if (tag == 0x1f) {
    tag = 0;
    let more = true;
    for (let i = 0; more && i < 5; i++) {
      if (p >= length) return false;
      const byte = <u32>load<u8>(data + p++);
      tag = (tag << 7) | (byte & 0x7f);
      more = (byte & 0x80) != 0;
    }
    if (more) return false;
  }
  if (p >= length) return false;
  const lead = <u32>load<u8>(data + p++);
  endless = lead == 0x80;
  if (lead < 0x80) size = lead;
  else {
    const n = lead & 0x7f;
    size = 0;
    if (n > 8 || p + n > length) return false;
    for (let i: u32 = 0; i < n; i++) size = (size << 8) | load<u8>(data + p++);
  }
  body = p;
  return true;
}

export function inspectAsn1(c: usize): bool {
  const checks = load<u32>(c, Asn1Field.checks);
  const offset = load<i32>(c, Asn1Field.offset);
  let start: i64 = 0;
  if ((checks & Asn1Flag.AbsoluteOffset) != 0) start = offset;
  else if ((checks & Asn1Flag.RelativeOffset) != 0) start = <i64>cursor + offset;
  if (start < 0 || start >= <i64>length) return false;
  let at = <u32>start;
  const oversize = load<u32>(c, Asn1Field.oversize);
  for (let frames = setting(Setting.Asn1MaxFrames); frames > 0 && frame(at); frames--) {
    if ((checks & Asn1Flag.OversizeLength) != 0 && size > <u64>oversize) return true;
    if ((checks & Asn1Flag.BitstringOverflow) != 0 && tag == BIT_STRING && !constructed && body < length) {
      // More unused bits than the string has.
      if (<u64>load<u8>(data + body) > size << 3) return true;
    }
    if ((checks & Asn1Flag.DoubleOverflow) != 0 && tag == REAL && !constructed && body < length && size > 256) {
      const format = <u32>load<u8>(data + body);
      if ((format & 0xc0) == 0) return true;
    }
    if (constructed || endless) at = body;
    else {
      if (<u64>body + size > <u64>length) return false;
      at = body + <u32>size;
    }
  }
  return false;
}
