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

/** The kind of text of a Suricata sticky buffer, by its name (`http.uri`, `dns.query`, `file.data` ...; the names before 5.0 too). */
export function textKindOf(buffer: string): TextKind {
  const name = buffer.replace("_", ".");
  if (/^(http\.(uri|request\.line|request_line|raw\.uri|uri\.raw|referer|location)|url|urilen)/.test(name))
    return "uri";
  if (/^(dns\.|tls\.(sni|cert|certs|subject|issuer)|http\.(host|raw\.host)|quic\.sni|mdns|smtp\.helo)/.test(name))
    return "host";
  if (/^(http\.(request\.body|request_body|client\.body|response\.body|response_body|server\.body)|file)/.test(name))
    return "body";
  if (/^(http\.|email\.|sip\.|ftp\.|smtp\.)/.test(name)) return "header";
  return "payload";
}
