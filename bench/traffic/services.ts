/** Mail, SSH, and datagrams: DNS, NTP, and QUIC-like noise. */
import type { Message } from "../../corpus/conversation.ts";
import { type Dialogue, says } from "./dialogue.ts";
import type { TextMaker } from "./text.ts";

/** SMTP (RFC 5321) with a message of text and, often, an attachment in base64. */
export function mailDialogue(text: TextMaker): Dialogue {
  const [from, to] = [text.host(), text.host()];
  const boundary = text.token(24);
  const attachment =
    text.next(3) === 0
      ? ""
      : text
          .binary(3000 + text.next(120_000))
          .toString("base64")
          .replace(/.{76}/g, "$&\r\n");
  const lines = Array.from({ length: 4 + text.next(60) }, () => text.words(10)).join("\r\n");
  const parts = attachment
    ? `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${lines}\r\n--${boundary}\r\nContent-Type: application/octet-stream; name="${text.word()}.bin"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="${text.word()}.bin"\r\n\r\n${attachment}\r\n--${boundary}--\r\n`
    : `${lines}\r\n`;
  const type = attachment ? `multipart/mixed; boundary="${boundary}"` : "text/plain; charset=utf-8";
  const body = `From: <${text.word()}@${from}>\r\nTo: <${text.word()}@${to}>\r\nSubject: ${text.words(6)}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <${text.token(20)}@${from}>\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\n\r\n${parts}.\r\n`;
  return {
    transport: "tcp",
    port: 25,
    messages: [
      says("server", `220 ${to} ESMTP ready\r\n`),
      says("client", `EHLO ${from}\r\n`),
      says("server", `250-${to}\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n`),
      says("client", `MAIL FROM:<${text.word()}@${from}>\r\n`),
      says("server", "250 2.1.0 Ok\r\n"),
      says("client", `RCPT TO:<${text.word()}@${to}>\r\n`),
      says("server", "250 2.1.5 Ok\r\n"),
      says("client", "DATA\r\n"),
      says("server", "354 End data with <CR><LF>.<CR><LF>\r\n"),
      says("client", body),
      says("server", `250 2.0.0 Ok: queued as ${text.token(10)}\r\n`),
      says("client", "QUIT\r\n"),
      says("server", "221 2.0.0 Bye\r\n"),
    ],
  };
}

/** SSH (RFC 4253): banners, key exchange, then noise in small and large pieces. */
export function sshDialogue(text: TextMaker): Dialogue {
  const lists = [
    "curve25519-sha256,ecdh-sha2-nistp256",
    "ssh-ed25519,rsa-sha2-512",
    "chacha20-poly1305@openssh.com,aes128-ctr",
    "chacha20-poly1305@openssh.com,aes128-ctr",
    "hmac-sha2-256",
    "hmac-sha2-256",
    "none",
    "none",
    "",
    "",
  ];
  const named = lists.map((list) => Buffer.concat([u32(list.length), Buffer.from(list)]));
  const exchange = (): Buffer => packet(Buffer.concat([Buffer.from([20]), text.noise(16), ...named, Buffer.alloc(5)]));
  const messages: Message[] = [
    says("client", "SSH-2.0-OpenSSH_9.6\r\n"),
    says("server", "SSH-2.0-OpenSSH_9.7p1 Debian-5\r\n"),
    says("client", exchange()),
    says("server", exchange()),
    says("client", packet(Buffer.concat([Buffer.from([30]), u32(32), text.noise(32)]))),
    says(
      "server",
      Buffer.concat([packet(Buffer.concat([Buffer.from([31]), text.noise(200)])), packet(Buffer.from([21]))]),
    ),
    says("client", packet(Buffer.from([21]))),
  ];
  for (let i = 20 + text.next(60); i > 0; i--) {
    messages.push(says("client", text.noise(36 + 16 * text.next(4))));
    messages.push(says("server", text.noise(text.next(10) ? 52 + 16 * text.next(20) : 2000 + text.next(30_000))));
  }
  return { transport: "tcp", port: 22, messages };
}

function packet(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + 4;
  return Buffer.concat([u32(payload.length + padding + 1), Buffer.from([padding]), payload, Buffer.alloc(padding)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}

/** DNS (RFC 1035): a question or two, answers with addresses. */
export function dnsDialogue(text: TextMaker): Dialogue {
  const messages: Message[] = [];
  for (let i = 1 + text.next(2); i > 0; i--) {
    const name = Buffer.concat(
      [...text.host().split("."), ""].map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    );
    const question = Buffer.concat([name, Buffer.from([0, 1, 0, 1])]);
    const id = text.noise(2);
    messages.push(says("client", Buffer.concat([id, Buffer.from("01000001000000000000", "hex"), question])));
    const answers = 1 + text.next(4);
    const records = Array.from({ length: answers }, () =>
      Buffer.concat([Buffer.from("c00c000100010000012c0004", "hex"), text.noise(4)]),
    );
    messages.push(
      says(
        "server",
        Buffer.concat([
          id,
          Buffer.from("81800001", "hex"),
          Buffer.from([0, answers]),
          Buffer.alloc(4),
          question,
          ...records,
        ]),
      ),
    );
  }
  return { transport: "udp", port: 53, messages };
}

/** Time (RFC 5905). */
export function ntpDialogue(text: TextMaker): Dialogue {
  const side = (mode: number): Buffer => Buffer.concat([Buffer.from([0x20 | mode, 2, 6, 0xe8]), text.noise(44)]);
  return { transport: "udp", port: 123, messages: [says("client", side(3)), says("server", side(4))] };
}

/** Datagrams of full size that nothing can be read in. */
export function noiseDialogue(text: TextMaker): Dialogue {
  const messages: Message[] = [];
  for (let i = 20 + text.next(100); i > 0; i--) {
    messages.push(
      says(
        text.next(4) ? "server" : "client",
        Buffer.concat([Buffer.from([0x40 | text.next(16)]), text.noise(text.next(4) ? 1250 : 60)]),
      ),
    );
  }
  return { transport: "udp", port: 443, messages };
}
