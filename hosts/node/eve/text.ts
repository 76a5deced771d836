/** Text forms of EVE, as Suricata prints them: times, addresses, strings of packet data. */

const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");

let cachedSecond = Number.NaN;
let cachedText = "";

/**
 * `2009-10-16T16:44:16.083524+0000`. Always in UTC, whatever the machine's zone: the same frames give the same bytes everywhere.
 * @param microseconds since 1970
 */
export function formatTime(microseconds: number): string {
  const second = Math.floor(microseconds / 1_000_000);
  if (second !== cachedSecond) {
    const date = new Date(second * 1000);
    cachedText = Number.isNaN(date.getTime()) ? "1970-01-01T00:00:00" : date.toISOString().replace(/\.\d+Z$/, "");
    cachedSecond = second;
  }
  return `${cachedText}.${pad(microseconds - second * 1_000_000, 6)}+0000`;
}

/** Dotted decimals of the four bytes at `at`. */
export function formatIpv4(bytes: DataView, at: number): string {
  return `${bytes.getUint8(at)}.${bytes.getUint8(at + 1)}.${bytes.getUint8(at + 2)}.${bytes.getUint8(at + 3)}`;
}

/** Eight groups of four digits, never shortened: `fe80:0000:0000:0000:020c:29ff:faf2:ab42`. */
export function formatIpv6(bytes: DataView, at: number): string {
  let text = "";
  for (let group = 0; group < 8; group++) {
    text += `${group > 0 ? ":" : ""}${bytes
      .getUint16(at + group * 2)
      .toString(16)
      .padStart(4, "0")}`;
  }
  return text;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A JSON string of packet data: UTF-8 as it is; otherwise every byte above 127 becomes `\xNN`. */
export function bytesToJson(bytes: Uint8Array): string {
  try {
    return JSON.stringify(strictUtf8.decode(bytes));
  } catch {
    let text = "";
    for (const byte of bytes) text += byte < 128 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`;
    return JSON.stringify(text);
  }
}

/** A JSON string of the printable form of packet data: line ends stay, every other unprintable byte becomes a dot. */
export function printableToJson(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const shown = (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d;
    text += shown ? String.fromCharCode(byte) : ".";
  }
  return JSON.stringify(text);
}
