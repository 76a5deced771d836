/** Base64, percent decoding and digests. */
import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openRoom } from "./room.ts";

const room = await openRoom("test/codec/codec.core.ts");
const input = room.alloc(4096);
const output = room.alloc(8192);
const state = room.alloc(256);

const Mode = { rfc2045: 0, rfc4648: 1, strict: 2 } as const;
type Mode = keyof typeof Mode;

function base64(mode: Mode, text: string): string {
  room.write(input, Buffer.from(text, "latin1"));
  return room.read(output, room.call["base64Decode"]!(Mode[mode], input, text.length, output)).toString("latin1");
}

// text, rfc2045, rfc4648, strict
const table: [string, string, string, string][] = [
  ["", "", "", ""],
  ["Zm9vYmFy", "foobar", "foobar", "foobar"],
  ["Zm9vYg==", "foob", "foob", "foob"],
  ["Zm9vYmE=", "fooba", "fooba", "fooba"],
  ["Zm9vYg", "foo", "foob", ""],
  ["Zm9vY", "foo", "foo", ""],
  ["Zm 9v Ym Fy", "foobar", "f", ""],
  ["Zm$9vYm.Fy", "foobar", "f", ""],
  ["Zm9v\r\nYmFy", "foobar", "foo", ""],
  ["====", "", "", ""],
  ["Zm9v=mFy", "foo", "foo", ""],
  ["Zh==", "f", "f", ""],
  ["+/+/", "\xfb\xff\xbf", "\xfb\xff\xbf", "\xfb\xff\xbf"],
];
for (const [text, rfc2045, rfc4648, strict] of table) {
  test(`base64: ${JSON.stringify(text)}`, () => {
    assert.is(base64("rfc2045", text), rfc2045);
    assert.is(base64("rfc4648", text), rfc4648);
    assert.is(base64("strict", text), strict);
  });
}

test("base64: any split gives the same", () => {
  const plain = Buffer.from("a message body, folded into lines");
  const text = Buffer.from(plain.toString("base64").replace(/(.{7})/g, "$1\r\n"));
  for (let piece = 1; piece < text.length; piece++) {
    room.call["base64Begin"]!(state, Mode.rfc2045);
    let out = "";
    for (let at = 0; at < text.length; at += piece) {
      const part = text.subarray(at, at + piece);
      room.write(input, part);
      out += room.read(output, room.call["base64Step"]!(state, input, part.length, output)).toString();
    }
    assert.is(out, plain.toString());
  }
});

const urls: [string, string, string][] = [
  ["a%20b+c", "a b+c", "a b c"],
  ["%", "%", "%"],
  ["%4", "%4", "%4"],
  ["%4G%zz%2541", "%4G%zz%41", "%4G%zz%41"],
  ["%41%6a%6A", "Ajj", "Ajj"],
];
for (const [text, plain, form] of urls) {
  test(`percent: ${text}`, () => {
    for (const [plus, expected] of [
      [0, plain],
      [1, form],
    ] as const) {
      room.write(input, Buffer.from(text));
      assert.is(room.read(output, room.call["percentDecode"]!(input, text.length, output, plus)).toString(), expected);
    }
  });
}

for (const [kind, name] of ["md5", "sha1", "sha256"].entries()) {
  test(`${name}: every length around the block size, every split`, () => {
    const data = Buffer.alloc(200, "The quick brown fox jumps over the lazy dog. ");
    for (let length = 0; length <= 200; length++) {
      const expected = createHash(name).update(data.subarray(0, length)).digest("hex");
      const piece = 1 + (length % 70);
      room.call["digestBegin"]!(state, kind);
      for (let at = 0; at < length; at += piece) {
        const part = data.subarray(at, Math.min(length, at + piece));
        room.write(input, part);
        room.call["digestUpdate"]!(state, input, part.length);
      }
      const size = room.call["digestFinish"]!(state, output);
      assert.is(room.read(output, size).toString("hex"), expected, `${length} bytes`);
    }
  });
}

test.run();
