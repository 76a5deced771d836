/** Textual IP addresses, as strict as inet_pton: RFC 4291 section 2.2 for IPv6, four decimal octets for IPv4. */

/** Unsigned 32 bit number, or undefined. */
export function parseIPv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part)) return undefined;
    const octet = Number(part);
    if (octet > 255) return undefined;
    value = value * 256 + octet;
  }
  return value;
}

/** 128 bit bigint, or undefined. */
export function parseIPv6(text: string): bigint | undefined {
  let rest = text;
  let tail: number | undefined;
  if (rest.includes(".")) {
    const at = rest.lastIndexOf(":");
    tail = parseIPv4(rest.slice(at + 1));
    if (tail === undefined || at < 0) return undefined;
    // "1::2.3.4.5" must keep its "::" when the dotted part is cut off.
    rest = rest[at - 1] === ":" ? rest.slice(0, at + 1) : rest.slice(0, at);
  }
  const wanted = tail === undefined ? 8 : 6;
  const halves = rest.split("::");
  if (halves.length > 2) return undefined;
  const head = groups(halves[0]!);
  const end = halves.length === 2 ? groups(halves[1]!) : [];
  if (head === undefined || end === undefined) return undefined;
  const missing = wanted - head.length - end.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array<number>(halves.length === 2 ? missing : 0).fill(0), ...end]) {
    value = (value << 16n) | BigInt(group);
  }
  return tail === undefined ? value : (value << 32n) | BigInt(tail);
}

function groups(text: string): number[] | undefined {
  if (text === "") return [];
  const out: number[] = [];
  for (const part of text.split(":")) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    out.push(Number.parseInt(part, 16));
  }
  return out;
}
