/** The Content-Range of a partial response (RFC 9110 section 14.4): is it one that Suricata can read? */
import { isDigit } from "./ascii";
import { findField, foundLength, foundValue } from "./http2_fields";
import { Side } from "./http2_state";

let at: usize = 0;
let stop: usize = 0;
let digits: u64 = 0;

function readDigits(): bool {
  const from = at;
  digits = 0;
  while (at < stop && isDigit(load<u8>(at)) && at - from < 18) digits = digits * 10 + <u64>(load<u8>(at++) - 0x30);
  return at > from;
}

function skip(byte: u32): bool {
  if (at >= stop || load<u8>(at) != byte) return false;
  at++;
  return true;
}

/** True without a Content-Range, and with "bytes first-last/size", "bytes first-last/*" or "bytes *" + "/size". */
export function checkRange(side: Side): bool {
  if (!findField(side, "content-range")) return true;
  at = foundValue;
  stop = foundValue + foundLength;
  while (at < stop && load<u8>(at) == 0x20) at++;
  const unit = "bytes";
  for (let i = 0; i < unit.length; i++) if (!skip(<u32>unit.charCodeAt(i))) return false;
  while (at < stop && load<u8>(at) == 0x20) at++;
  if (skip(0x2a)) return skip(0x2f) && readDigits();
  if (!readDigits()) return false;
  const first = digits;
  if (!skip(0x2d) || !readDigits()) return false;
  const last = digits;
  if (!skip(0x2f)) return false;
  if (skip(0x2a)) return first <= last;
  return readDigits() && first <= last && last < digits;
}
