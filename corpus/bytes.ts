/** Bytes written as text: hex, strings, and groups that carry their own length. The form is described in `corpus/README.md`. */
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";

/** What a group's name does with its content. */
export type Groups = Readonly<Record<string, (content: Buffer) => Buffer>>;

const GROUPS: Groups = {
  ber: (content) => Buffer.concat([berLength(content.length), content]),
  varint: (content) => Buffer.concat([varint(content.length), content]),
  dnp3: dnp3Link,
  gzip: (content) => gzipSync(content),
  zlib: (content) => deflateSync(content),
  deflate: (content) => deflateRawSync(content),
};

/** What a prefix makes of a string. */
const STRINGS: Readonly<Record<string, (text: Buffer) => Buffer>> = {
  "": (text) => text,
  utf16: (text) => Buffer.from(text.toString("latin1"), "utf16le"),
  name: dnsName,
  base64: (text) => Buffer.from(text.toString("latin1"), "base64"),
};

const TOKEN =
  /\s+|#[^\n]*|(\d+)\*|(?:u(8|16|24|32|64)(l?)([+-]\d+)?|([a-z]\w*))\(|([a-z]\w*)?"((?:[^"\\]|\\.)*)"|(\))|([0-9a-f]{2})/iy;

/** @param more groups beside those of the notation @throws Error that quotes what cannot be read */
export function parseBytes(text: string, more: Groups = {}): Buffer {
  const open: { parts: Buffer[]; close: (content: Buffer) => Buffer; times: number }[] = [];
  let parts: Buffer[] = [];
  let times = 1;
  const put = (bytes: Buffer): void => {
    for (; times > 0; times--) parts.push(bytes);
    times = 1;
  };
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) throw new Error(`"${text.slice(at, at + 20)}" is no hex, string or group`);
    at = TOKEN.lastIndex;
    const [whole, count, width, little, bias, group, prefix = "", string, end, hex] = found;
    if (count !== undefined) times = Number(count);
    else if (width !== undefined || group !== undefined) {
      const close =
        group === undefined
          ? lengthPrefix(Number(width), little !== "", Number(bias ?? 0))
          : (more[group] ?? GROUPS[group]);
      if (!close) throw new Error(`"${whole}" is no group`);
      open.push({ parts, close, times });
      parts = [];
      times = 1;
    } else if (string !== undefined) {
      const make = STRINGS[prefix];
      if (!make) throw new Error(`"${prefix}" is no kind of string`);
      put(make(Buffer.from(unescapeText(string), "latin1")));
    } else if (end !== undefined) {
      const outer = open.pop();
      if (!outer) throw new Error('a ")" closes nothing');
      const content = outer.close(Buffer.concat(parts));
      ({ parts, times } = outer);
      put(content);
    } else if (hex !== undefined) put(Buffer.from(hex, "hex"));
  }
  if (open.length > 0) throw new Error('a ")" is missing');
  return Buffer.concat(parts);
}

const ESCAPES: Readonly<Record<string, string>> = { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\", '"': '"' };

/** The text's bytes as Latin-1 characters; characters above 127 are written in UTF-8. */
export function unescapeText(text: string): string {
  return Buffer.from(text, "utf8")
    .toString("latin1")
    .replaceAll(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (whole, hex: string | undefined, letter: string | undefined) =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (ESCAPES[letter ?? ""] ?? whole),
    );
}

/** The content behind its length, which counts `bias` bytes more. */
function lengthPrefix(bits: number, little: boolean, bias: number): (content: Buffer) => Buffer {
  return (content) => {
    const head = Buffer.alloc(8);
    const length = BigInt(content.length + bias);
    if (little) head.writeBigUInt64LE(length);
    else head.writeBigUInt64BE(length);
    return Buffer.concat([little ? head.subarray(0, bits / 8) : head.subarray(8 - bits / 8), content]);
  };
}

/** The definite length of BER (X.690 section 8.1.3). */
function berLength(length: number): Buffer {
  if (length < 128) return Buffer.from([length]);
  return length < 256 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 255]);
}

/** Seven bits a byte, the lowest first (MQTT section 1.5.5). */
function varint(length: number): Buffer {
  const bytes: number[] = [];
  for (let rest = length; rest > 0 || bytes.length === 0; rest >>>= 7)
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
  return Buffer.from(bytes);
}

/** Labels with their lengths, and the root (RFC 1035 section 3.1). */
function dnsName(text: Buffer): Buffer {
  const labels = text.toString("latin1").split(".").filter(Boolean);
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, "latin1")]),
    Buffer.of(0),
  ]);
}

/**
 * A DNP3 link frame (IEEE 1815 section 9.2): start, length, then control, destination and source (the first five bytes of the content) with their
 * checksum, then blocks of sixteen bytes with theirs.
 */
function dnp3Link(content: Buffer): Buffer {
  const header = Buffer.concat([Buffer.of(0x05, 0x64, content.length), content.subarray(0, 5)]);
  const parts = [header, dnp3Checksum(header)];
  for (let at = 5; at < content.length; at += 16) {
    const block = content.subarray(at, at + 16);
    parts.push(block, dnp3Checksum(block));
  }
  return Buffer.concat(parts);
}

function dnp3Checksum(data: Buffer): Buffer {
  let crc = 0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa6bc : crc >>> 1;
  }
  return Buffer.of(~crc & 255, (~crc >> 8) & 255);
}
