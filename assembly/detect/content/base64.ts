/** base64_decode: RFC 4648 as Suricata's keyword reads it, over a bounded part of the buffer. */
import { Base64Mode, base64Decode } from "../../codec/base64";

/** Decodes at most `limit` (0: all) of `length` characters at `at` into `out`; bytes decoded, 0 when it is no base64. */
export function decodeBase64(at: usize, length: u32, limit: u32, out: usize): u32 {
  const n = limit != 0 && limit < length ? limit : length;
  return base64Decode(Base64Mode.Rfc4648, at, n, out);
}
