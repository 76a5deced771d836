/** TLS 1.2 (with a certificate in the clear) and 1.3, then records of noise. */
import type { Message } from "../../corpus/conversation.ts";
import { type Dialogue, says } from "./dialogue.ts";
import type { TextMaker } from "./text.ts";

const RECORD = 16_384;

export function tlsDialogue(text: TextMaker): Dialogue {
  const host = text.host();
  const modern = text.next(4) !== 0;
  const messages: Message[] = [
    says("client", record(22, clientHello(text, host, modern))),
    says(
      "server",
      Buffer.concat([
        record(22, serverHello(text, modern)),
        ...(modern ? [] : [record(22, certificate(text, host))]),
        changeCipher(),
        record(modern ? 23 : 22, text.noise(modern ? 3600 : 40)),
      ]),
    ),
    says("client", Buffer.concat([changeCipher(), record(modern ? 23 : 22, text.noise(74))])),
  ];
  for (let i = 1 + text.next(8); i > 0; i--) {
    messages.push(says("client", record(23, text.noise(80 + text.next(900)))));
    const bytes = text.next(3) === 0 ? 20_000 + text.next(300_000) : 200 + text.next(9000);
    const parts: Buffer[] = [];
    for (let left = bytes; left > 0; left -= RECORD) parts.push(record(23, text.noise(Math.min(left, RECORD))));
    messages.push(says("server", Buffer.concat(parts)));
  }
  return { transport: "tcp", port: 443, messages };
}

function record(type: number, data: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 3, data.length >> 8, data.length & 255]), data]);
}

function changeCipher(): Buffer {
  return record(20, Buffer.from([1]));
}

function handshake(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, body.length >> 16, (body.length >> 8) & 255, body.length & 255]), body]);
}

/** Bytes after their length in `width` bytes. */
function sized(width: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(width);
  length.writeUIntBE(body.length, 0, width);
  return Buffer.concat([length, body]);
}

function extension(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 255]), sized(2, body)]);
}

function clientHello(text: TextMaker, host: string, modern: boolean): Buffer {
  const name = Buffer.from(host);
  const extensions = [
    extension(0, sized(2, Buffer.from([0]), sized(2, name))),
    extension(10, Buffer.from("0006001d00170018", "hex")),
    extension(11, Buffer.from("0100", "hex")),
    extension(13, Buffer.from("000e0403080404010503080505010806", "hex")),
    extension(16, sized(2, sized(1, Buffer.from("h2")), sized(1, Buffer.from("http/1.1")))),
    ...(modern
      ? [
          extension(43, Buffer.from("0403040303", "hex")),
          extension(51, sized(2, Buffer.from("001d", "hex"), sized(2, text.noise(32)))),
        ]
      : []),
  ];
  return handshake(
    1,
    Buffer.concat([
      Buffer.from([3, 3]),
      text.noise(32),
      sized(1, text.noise(32)),
      sized(2, Buffer.from("130113021303c02bc02fc02cc030cca9cca8009c009d", "hex")),
      Buffer.from([1, 0]),
      sized(2, ...extensions),
    ]),
  );
}

function serverHello(text: TextMaker, modern: boolean): Buffer {
  const extensions = modern
    ? [
        extension(43, Buffer.from([3, 4])),
        extension(51, Buffer.concat([Buffer.from("001d", "hex"), sized(2, text.noise(32))])),
      ]
    : [extension(11, Buffer.from("0100", "hex"))];
  return handshake(
    2,
    Buffer.concat([
      Buffer.from([3, 3]),
      text.noise(32),
      sized(1, text.noise(32)),
      Buffer.from(modern ? "1301" : "c02f", "hex"),
      Buffer.from([0]),
      sized(2, ...extensions),
    ]),
  );
}

/** DER (X.690): a value with its tag. */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128 ? Buffer.from([body.length]) : Buffer.from([0x82, body.length >> 8, body.length & 255]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
}

function distinguishedName(common: string, organisation: string): Buffer {
  const part = (oid: string, value: string): Buffer =>
    der(0x31, der(0x30, der(6, Buffer.from(oid, "hex")), der(12, Buffer.from(value))));
  return der(0x30, part("550406", "US"), part("55040a", organisation), part("550403", common));
}

/** A chain of one certificate (RFC 5280). */
function certificate(text: TextMaker, host: string): Buffer {
  const algorithm = der(0x30, der(6, Buffer.from("2a864886f70d01010b", "hex")), der(5));
  const key = der(
    0x30,
    der(0x30, der(6, Buffer.from("2a864886f70d010101", "hex")), der(5)),
    der(
      3,
      Buffer.from([0]),
      der(0x30, der(2, Buffer.from([0x7f]), text.noise(255)), der(2, Buffer.from("010001", "hex"))),
    ),
  );
  const time = (value: string): Buffer => der(0x17, Buffer.from(value));
  const names = der(
    0x30,
    der(0x30, der(6, Buffer.from("551d11", "hex")), der(4, der(0x30, der(0x82, Buffer.from(host))))),
  );
  const body = der(
    0x30,
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, Buffer.from([0x01]), text.noise(15)),
    algorithm,
    distinguishedName(`${text.word()} CA`, `${text.words(2)} Trust`),
    der(0x30, time("260101000000Z"), time("271231235959Z")),
    distinguishedName(host, text.words(2)),
    key,
    der(0xa3, names),
  );
  const whole = der(0x30, body, algorithm, der(3, Buffer.from([0]), text.noise(256)));
  return handshake(11, sized(3, sized(3, whole)));
}
