/** AES-128, GCM and HKDF: the vectors of their standards, and Node's own cryptography. */
import { createCipheriv } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openRoom } from "./room.ts";

const room = await openRoom("test/codec/codec.core.ts");
const [key, nonce, data, associated, out] = [16, 16, 512, 128, 512].map((bytes) => room.alloc(bytes)) as [
  number,
  number,
  number,
  number,
  number,
];
const hex = (text: string) => Buffer.from(text, "hex");

test("AES-128: FIPS 197 appendix C.1", () => {
  room.write(key, hex("000102030405060708090a0b0c0d0e0f"));
  room.write(data, hex("00112233445566778899aabbccddeeff"));
  const expanded = room.alloc(176);
  room.call["aesExpand"]!(key, expanded);
  room.call["aesEncrypt"]!(expanded, data, out);
  assert.is(room.read(out, 16).toString("hex"), "69c4e0d86a7b0430d8cdb78070b4c55a");
});

test("GCM: opens what Node seals, of any length, and nothing that was changed", () => {
  for (const size of [0, 1, 15, 16, 17, 47, 200]) {
    for (const around of [0, 1, 16, 33]) {
      const [k, n] = [Buffer.alloc(16, size + 1), Buffer.alloc(12, around + 1)];
      const plain = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) & 255));
      const cipher = createCipheriv("aes-128-gcm", k, n);
      cipher.setAAD(Buffer.alloc(around, 5));
      const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      room.write(key, k);
      room.write(nonce, n);
      room.write(associated, Buffer.alloc(around, 5));
      const open = (bytes: Buffer): number => {
        room.write(data, bytes);
        return room.call["gcmOpen"]!(key, nonce, associated, around, data, bytes.length, out);
      };
      assert.is(open(sealed), 1, `${size} bytes, ${around} around them`);
      assert.equal(room.read(out, size), plain);
      const changed = Buffer.from(sealed);
      changed[(size * 3) % changed.length]! ^= 4;
      assert.is(open(changed), 0);
    }
  }
});

test("HKDF: the client's keys of RFC 9001 appendix A.1", () => {
  room.write(data, hex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"));
  room.write(associated, hex("8394c8f03e515708"));
  room.call["quicClient"]!(data, associated, 8, out);
  assert.is(room.read(out + 32, 16).toString("hex"), "1f369613dd76d5467730efcbe3b1a22d");
  assert.is(room.read(out + 48, 12).toString("hex"), "fa044b2f42a3fd3b46fb255c");
  assert.is(room.read(out + 60, 16).toString("hex"), "9f50449e04a0e810283a1e9933adedd2");
});

test.run();
