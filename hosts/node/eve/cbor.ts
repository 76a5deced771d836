/**
 * Turns the CBOR bodies of event records (RFC 8949) into JSON text. Bodies are EVE-shaped already, so no protocol is known here.
 *
 * Text strings are the core's own words, byte strings are packet data: shown as text, except those tagged 22 (base64) or 23 (hex),
 * those under a key that ends in `_printable` (dots for what cannot be shown), and `payload` and `packet` (base64).
 * Integers keep all of their 64 bits. Maps with one key twice keep the last.
 */
import { bytesToJson, printableToJson } from "./text.ts";

enum Major {
  Unsigned = 0,
  Negative = 1,
  Bytes = 2,
  Text = 3,
  Array = 4,
  Map = 5,
  Tag = 6,
  Simple = 7,
}

const INDEFINITE = 31;
const BREAK = 0xff;
const TAG_BASE64 = 22;
const TAG_HEX = 23;
const MAX_DEPTH = 64;

/** Members of the outermost map: key to JSON text of the value. */
export type JsonMembers = Map<string, string>;

const utf8 = new TextDecoder("utf-8");

/** The members of an event body; an empty body has none. Throws a RangeError or SyntaxError when it is not well formed. */
export function bodyMembers(body: Uint8Array): JsonMembers {
  if (body.length === 0) return new Map();
  const reader = new Reader(body);
  const members = reader.members();
  if (!reader.done) throw new SyntaxError("an event body goes on after its map");
  return members;
}

class Reader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;
  private depth = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at === this.bytes.length;
  }

  members(): JsonMembers {
    const [major, length] = this.head();
    if (major !== Major.Map) throw new SyntaxError("an event body is not a map");
    const members: JsonMembers = new Map();
    this.items(length, () => {
      const key = this.key();
      members.set(key, this.value(key));
    });
    return members;
  }

  /** JSON text of the next value; `key` is that of the map member it belongs to. */
  private value(key: string): string {
    const first = this.view.getUint8(this.at);
    const [major, length] = this.head();
    switch (major) {
      case Major.Unsigned:
        return String(length);
      case Major.Negative:
        return String(-1n - BigInt(length));
      case Major.Bytes:
        return this.data(key, this.take(length));
      case Major.Text:
        return JSON.stringify(utf8.decode(this.take(length)));
      case Major.Array: {
        const values: string[] = [];
        this.items(length, () => values.push(this.value(key)));
        return `[${values.join(",")}]`;
      }
      case Major.Map: {
        const members = new Map<string, string>();
        this.items(length, () => {
          const name = this.key();
          members.set(name, this.value(name));
        });
        return membersToJson(members);
      }
      case Major.Tag:
        return this.tagged(Number(length), key);
      default:
        return this.simple(first & 31, length);
    }
  }

  private data(key: string, bytes: Uint8Array): string {
    if (key === "payload" || key === "packet") return base64(bytes);
    return key.endsWith("_printable") ? printableToJson(bytes) : bytesToJson(bytes);
  }

  private tagged(tag: number, key: string): string {
    if (tag !== TAG_BASE64 && tag !== TAG_HEX) return this.value(key);
    const [major, length] = this.head();
    if (major !== Major.Bytes) throw new SyntaxError("only bytes can be shown as base64 or hex");
    const bytes = this.take(length);
    return tag === TAG_BASE64 ? base64(bytes) : `"${Buffer.from(bytes).toString("hex")}"`;
  }

  private simple(info: number, value: number | bigint): string {
    if (info === 20) return "false";
    if (info === 21) return "true";
    if (info === 22 || info === 23) return "null";
    const scratch = new DataView(new ArrayBuffer(8));
    if (info === 26) scratch.setUint32(0, Number(value));
    else if (info === 27) scratch.setBigUint64(0, BigInt(value));
    else throw new SyntaxError(`an event body has the simple value ${info}`);
    const number = info === 26 ? scratch.getFloat32(0) : scratch.getFloat64(0);
    return Number.isFinite(number) ? String(number) : "null";
  }

  private key(): string {
    const [major, length] = this.head();
    if (major !== Major.Text) throw new SyntaxError("a key of an event body is not text");
    return utf8.decode(this.take(length));
  }

  /** Runs `read` for each item of an array or map of `length` items, or up to the break. */
  private items(length: number | bigint, read: () => void): void {
    if (++this.depth > MAX_DEPTH) throw new SyntaxError("an event body is nested too deeply");
    if (length === -1) {
      while (this.view.getUint8(this.at) !== BREAK) read();
      this.at++;
    } else {
      for (let index = 0; index < Number(length); index++) read();
    }
    this.depth--;
  }

  /** Major type and argument; -1 for an indefinite length. */
  private head(): [Major, number | bigint] {
    const first = this.view.getUint8(this.at++);
    const info = first & 31;
    const major = (first >> 5) as Major;
    if (info < 24) return [major, info];
    if (info === INDEFINITE) return [major, -1];
    const at = this.at;
    if (info === 24) {
      this.at += 1;
      return [major, this.view.getUint8(at)];
    }
    if (info === 25) {
      this.at += 2;
      return [major, this.view.getUint16(at)];
    }
    if (info === 26) {
      this.at += 4;
      return [major, this.view.getUint32(at)];
    }
    if (info === 27) {
      this.at += 8;
      return [major, this.view.getBigUint64(at)];
    }
    throw new SyntaxError("an event body has a reserved length");
  }

  private take(length: number | bigint): Uint8Array {
    const count = Number(length);
    if (count < 0 || count > this.bytes.length - this.at) throw new RangeError("an event body ends inside a string");
    const taken = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return taken;
  }
}

function base64(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")}"`;
}

/** `{"key":value,...}` of members whose values are JSON text already. */
export function membersToJson(members: ReadonlyMap<string, string>): string {
  let text = "{";
  for (const [key, value] of members) text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${value}`;
  return `${text}}`;
}
