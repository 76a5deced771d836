/** How rare a literal is: what the compiler chooses fast patterns by. */
import { isLetter } from "./literal.ts";
import { statisticsOf, type TextKind } from "./statistics.ts";

/**
 * Information of a literal in bits (higher is rarer): the logarithm of one in how many places of such text it stands, estimated from pair
 * statistics. A run of zeroes is worth little more than one; a case-sensitive letter is worth half a bit more than a folded one.
 * Grows with length, ever more slowly: beyond SATURATION bits the filter does not get better.
 */
export function rarity(bytes: Uint8Array, nocase: boolean, kind: TextKind = "payload"): number {
  if (bytes.length === 0) return 0;
  let bits = -Math.log2(Math.max(statisticsOf(kind).chance(bytes, 0, bytes.length), Number.MIN_VALUE));
  if (!nocase) for (const byte of bytes) if (isLetter(byte)) bits += CASE_BITS;
  return bits <= SATURATION ? bits : SATURATION + Math.log2(1 + bits - SATURATION);
}

const CASE_BITS = 0.5;
const SATURATION = 64;

/** The kind of text of a buffer, by the name rules have for it. */
export function textKindOf(buffer: string): TextKind {
  return KINDS.find(([names]) => names.test(buffer))?.[1] ?? "payload";
}

/** The first that matches; everything else is seen as payload. */
const KINDS: readonly (readonly [names: RegExp, kind: TextKind])[] = [
  [/^(http\.(uri|request_line|referer|location)|file\.name|tftp\.file)/, "uri"],
  [/^(m?dns\.|quic\.sni|smtp\.helo|http\.host|tls[._](sni|subjectaltname))/, "host"],
  [/^(file\.data|files|http\.(request_body|response_body))/, "body"],
  [/^(http2?\.|email\.|sip\.|ftp\.|smtp\.|tls\.cert_(subject|issuer))/, "header"],
];
