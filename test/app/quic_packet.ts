/** QUIC's first packets (RFC 9000 section 17.2.2, RFC 9001 section 5) made with Node's own cryptography. */
import { createCipheriv, createHmac } from "node:crypto";

export const SALTS: Readonly<Record<number, string>> = {
  1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a",
  1798521807: "0dede3def700a6db819381be6e269dcbf9bd2ed9",
  4278190109: "afbfec289993d24c9e9786f19c6111e04390a899",
};

function label(secret: Buffer, name: string, length: number): Buffer {
  const text = Buffer.from(`tls13 ${name}`);
  const info = Buffer.concat([Buffer.from([0, length, text.length]), text, Buffer.from([0, 1])]);
  return createHmac("sha256", secret).update(info).digest().subarray(0, length);
}

function numberOf(value: number): Buffer {
  return Buffer.from([0x40 | (value >> 8), value & 0xff]);
}

/** A TLS handshake message: a hello with a server name and GREASE among its ciphers and extensions. */
export function clientHello(name: string): Buffer {
  const host = Buffer.from(name);
  const sni = Buffer.concat([be16(host.length + 3), Buffer.from([0]), be16(host.length), host]);
  const extensions = [
    Buffer.concat([be16(0x0a0a), be16(0)]),
    Buffer.concat([be16(0), be16(sni.length), sni]),
    Buffer.concat([be16(10), be16(4), be16(2), be16(29)]),
    Buffer.concat([be16(16), be16(5), be16(3), Buffer.from("\x02h3")]),
  ];
  const all = Buffer.concat(extensions);
  const body = Buffer.concat([
    be16(0x0303),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    be16(4),
    be16(0x1a1a),
    be16(0x1301),
    Buffer.from([1, 0]),
    be16(all.length),
    all,
  ]);
  return Buffer.concat([Buffer.from([1, 0]), be16(body.length), body]);
}

function be16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** A CRYPTO frame. */
export function crypto(offset: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([6]), numberOf(offset), numberOf(data.length), data]);
}

/** An Initial packet of a version that carries these frames. */
export function initial(version: number, side: "client" | "server", id: Buffer, frames: Buffer): Buffer {
  const second = version === 0x6b3343cf;
  const prefix = second ? "quicv2" : "quic";
  const salt = Buffer.from(SALTS[version]!, "hex");
  const extracted = createHmac("sha256", salt).update(id).digest();
  const secret = label(extracted, `${side} in`, 32);
  const [key, iv, hp] = [
    label(secret, `${prefix} key`, 16),
    label(secret, `${prefix} iv`, 12),
    label(secret, `${prefix} hp`, 16),
  ];
  const number = Buffer.from([0, 2]);
  const plain = Buffer.concat([frames, Buffer.alloc(Math.max(0, 32 - frames.length))]);
  const head = Buffer.concat([
    Buffer.from([(second ? 0xd0 : 0xc0) | 1]),
    Buffer.from([version >>> 24, (version >>> 16) & 255, (version >>> 8) & 255, version & 255]),
    Buffer.from([id.length]),
    id,
    Buffer.from([0]),
    Buffer.from([0]),
    numberOf(number.length + plain.length + 16),
    number,
  ]);
  const nonce = Buffer.from(iv);
  nonce[11]! ^= 2;
  const cipher = createCipheriv("aes-128-gcm", key, nonce);
  cipher.setAAD(head);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const packet = Buffer.concat([head, sealed]);
  const at = head.length - 2;
  const mask = createCipheriv("aes-128-ecb", hp, null).update(packet.subarray(at + 4, at + 20));
  packet[0]! ^= mask[0]! & 15;
  packet[at]! ^= mask[1]!;
  packet[at + 1]! ^= mask[2]!;
  return packet;
}

/** A handshake of Google's QUIC, Q046: names of tags and their values. */
export function google(tags: readonly (readonly [string, string])[]): Buffer {
  let end = 0;
  const heads = tags.map(([name, value]) => {
    end += value.length;
    const entry = Buffer.alloc(8);
    entry.write(name, "latin1");
    entry.writeUInt32LE(end, 4);
    return entry;
  });
  const count = Buffer.alloc(4);
  count.writeUInt16LE(tags.length);
  const message = Buffer.concat([Buffer.from("CHLO"), count, ...heads, ...tags.map(([, value]) => Buffer.from(value))]);
  return Buffer.concat([
    Buffer.from([0xc3]),
    Buffer.from("Q046"),
    Buffer.from([0x50]),
    Buffer.alloc(8, 1),
    Buffer.alloc(4),
    Buffer.alloc(12, 2),
    Buffer.from([0xa0, 1]),
    be16(message.length),
    message,
  ]);
}
