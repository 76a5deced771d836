/** Content transfer encodings (RFC 2045 section 6) and their characters. */
import { isSpace } from "./ascii";

export enum Encoding {
  None = 0,
  Base64 = 1,
  QuotedPrintable = 2,
}

export function isBase64(c: u32): bool {
  return c - 0x30 < 10 || (c | 0x20) - 0x61 < 26 || c == 0x2b || c == 0x2f || c == 0x3d || isSpace(c);
}

export function hexValue(c: u32): i32 {
  if (c - 0x30 < 10) return <i32>(c - 0x30);
  const letter = (c | 0x20) - 0x61;
  return letter < 6 ? <i32>(letter + 10) : -1;
}
