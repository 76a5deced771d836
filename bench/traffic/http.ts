/** HTTP/1.1: a few requests a connection; pages, scripts, JSON, pictures, downloads, uploads; some of it compressed or chunked. */
import { gzipSync } from "node:zlib";
import type { Message } from "../../corpus/conversation.ts";
import { type Dialogue, says } from "./dialogue.ts";
import type { TextMaker } from "./text.ts";

const AGENTS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
];

export function httpDialogue(text: TextMaker): Dialogue {
  const host = text.host();
  const agent = text.pick(AGENTS);
  const messages: Message[] = [];
  for (let i = 1 + text.next(6); i > 0; i--) exchange(text, host, agent, messages);
  return { transport: "tcp", port: text.next(8) === 0 ? 8080 : 80, messages };
}

function exchange(text: TextMaker, host: string, agent: string, messages: Message[]): void {
  const upload = text.next(6) === 0;
  const head = `Host: ${host}\r\nUser-Agent: ${agent}\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nReferer: http://${host}${text.path()}\r\nCookie: session=${text.token(32)}; ${text.word()}=${text.next(1e6)}\r\n`;
  if (upload) {
    const form = text.next(2) === 0;
    const body = form
      ? Array.from({ length: 3 + text.next(9) }, () => `${text.word()}=${text.words(3).replaceAll(" ", "+")}`).join("&")
      : text.json(500 + text.next(20_000));
    const type = form ? "application/x-www-form-urlencoded" : "application/json";
    messages.push(
      says(
        "client",
        `POST ${text.path()} HTTP/1.1\r\n${head}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    );
  } else
    messages.push(
      says("client", `GET ${text.path()}${text.query()} HTTP/1.1\r\n${head}Connection: keep-alive\r\n\r\n`),
    );
  messages.push(says("server", response(text)));
}

function response(text: TextMaker): Uint8Array {
  const [type, body] = content(text);
  const compressed = type.startsWith("text/") && text.next(4) === 0;
  const sent: Uint8Array = compressed ? gzipSync(body, { level: 6 }) : body;
  const chunked = !compressed && text.next(5) === 0;
  const head = `HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 10:${10 + text.next(50)}:00 GMT\r\nServer: nginx\r\nContent-Type: ${type}\r\nCache-Control: max-age=${text.next(9999)}\r\nETag: "${text.token(16)}"\r\n${compressed ? "Content-Encoding: gzip\r\n" : ""}`;
  if (!chunked)
    return Buffer.concat([
      Buffer.from(`${head}Content-Length: ${sent.length}\r\nConnection: keep-alive\r\n\r\n`),
      sent,
    ]);
  const parts: Uint8Array[] = [Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`)];
  for (let at = 0; at < sent.length; at += 8192) {
    const piece = sent.subarray(at, at + 8192);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"));
  }
  parts.push(Buffer.from("0\r\n\r\n"));
  return Buffer.concat(parts);
}

function content(text: TextMaker): [type: string, body: Buffer] {
  const latin1 = (body: string): Buffer => Buffer.from(body, "latin1");
  switch (text.next(8)) {
    case 0:
    case 1:
      return ["text/html; charset=utf-8", latin1(text.html(2000 + text.next(40_000)))];
    case 2:
      return ["text/javascript", latin1(text.script(3000 + text.next(60_000)))];
    case 3:
      return ["application/json", latin1(text.json(200 + text.next(30_000)))];
    case 4:
      return ["application/octet-stream", text.binary(20_000 + text.next(300_000))];
    case 5:
      return [
        "text/css",
        latin1(`.${text.word()}{color:#${text.next(999999)};margin:0 ${text.next(40)}px}\n`.repeat(1 + text.next(200))),
      ];
    default:
      return [
        "image/jpeg",
        Buffer.concat([Buffer.from("ffd8ffe000104a46494600010100", "hex"), text.noise(2000 + text.next(120_000))]),
      ];
  }
}
