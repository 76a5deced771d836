/** Traffic made to be expensive, and ordinary traffic of the same packet sizes to compare it with. Always the same frames. */
import { gzipSync } from "node:zlib";
import type { Conversation, Message } from "../corpus/conversation.ts";
import { type ConversationFrame, conversationFrames } from "../corpus/frames.ts";
import { collidingPorts } from "./collisions.ts";

/** An attack on the time of the core. */
export interface Attack {
  name: string;
  /** What makes it expensive. */
  idea: string;
  frames: ConversationFrame[];
  /** Packets of the same size that nobody means ill with. */
  ordinary: ConversationFrame[];
  /** Rules besides the bundled ones. */
  rules?: string;
  /** Settings besides the defaults. */
  config?: Record<string, unknown>;
}

const KILOBYTE = 1024;

function tcp(messages: Message[], segment: number, port: number, client = 40000): ConversationFrame[] {
  const conversation: Conversation = {
    transport: "tcp",
    client: { address: "192.0.2.1", port: client },
    server: { address: "198.51.100.1", port },
    messages,
    segment,
    handshake: true,
    close: true,
  };
  return conversationFrames(conversation);
}

function say(text: string | Uint8Array, from: Message["from"] = "client"): Message {
  return { from, data: typeof text === "string" ? Buffer.from(text, "latin1") : text };
}

function response(body: Uint8Array, headers = ""): Message {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n${headers}Content-Length: ${body.length}\r\n\r\n`;
  return say(Buffer.concat([Buffer.from(head), body]), "server");
}

/** Words of a page, never twice the same line. */
function prose(bytes: number): Buffer {
  const words = "the page shows a list of items for sale and their price in this shop today with some more words".split(
    " ",
  );
  let text = "";
  for (let n = 0; text.length < bytes; n++)
    text += `<p>${words[n % words.length]} ${words[(n * 7) % words.length]} ${n}</p>\n`;
  return Buffer.from(text.slice(0, bytes));
}

const BROWSER =
  "Host: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\n";

/** Packed pages of `page` bytes, one a request: answers of about the size of a bomb's. */
function packedPages(count: number, page: number): ConversationFrame[] {
  const messages = Array.from({ length: count }, (_, n) =>
    response(gzipSync(prose(page + n)), "Content-Encoding: gzip\r\n"),
  );
  return tcp(messages.flatMap(asked), 1400, 80);
}

/** Uploads: what the client sends, in segments of `size`. */
function upload(bytes: number, size: number): ConversationFrame[] {
  const messages: Message[] = [];
  for (let sent = 0; sent < bytes; sent += 8 * KILOBYTE) {
    const body = prose(Math.min(8 * KILOBYTE, bytes));
    const head = `POST /comments HTTP/1.1\r\n${BROWSER}Content-Length: ${body.length}\r\n\r\n`;
    messages.push(say(Buffer.concat([Buffer.from(head), body])), response(Buffer.from("ok")));
  }
  return tcp(messages, size, 80);
}

/** Short lines from one side to the other, acknowledged each. */
function chat(lines: number, size: number): ConversationFrame[] {
  const messages = Array.from({ length: lines }, (_, n) => say("ls -l /home/user\r\n".slice(n % 16, (n % 16) + size)));
  return tcp(messages, size, 2323);
}

function datagrams(payloads: Uint8Array[], port: number, clients = 1): ConversationFrame[] {
  return payloads.flatMap((data, index) =>
    conversationFrames({
      transport: "udp",
      client: { address: "192.0.2.1", port: 20000 + (index % clients) },
      server: { address: "198.51.100.1", port },
      messages: [{ from: "client", data }],
      segment: 1400,
      handshake: false,
      close: false,
    }),
  );
}

/** A DNS question for `name`. */
function question(name: string, id: number): Buffer {
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
}

/** The same frames, data segments of each hundred in reverse. */
function reversed(frames: ConversationFrame[], run: number): ConversationFrame[] {
  const out: ConversationFrame[] = [];
  for (let at = 0; at < frames.length; ) {
    const end = frames[at]!.payloadLength > 0 ? Math.min(at + run, frames.length) : at + 1;
    let stop = at + 1;
    while (stop < end && frames[stop]!.payloadLength > 0 && frames[stop]!.from === frames[at]!.from) stop++;
    out.push(...frames.slice(at, stop).reverse());
    at = stop;
  }
  return out;
}

/** A message of parts within parts. */
function nestedMail(depth: number): Buffer {
  let body = "";
  for (let n = 0; n < depth; n++) body += `Content-Type: multipart/mixed; boundary="b${n}"\r\n\r\n--b${n}\r\n`;
  body += "Content-Type: text/plain\r\n\r\nhello\r\n";
  for (let n = depth - 1; n >= 0; n--) body += `--b${n}--\r\n`;
  return Buffer.from(body);
}

function mail(text: Buffer, size: number): ConversationFrame[] {
  const dialogue: Message[] = [say("220 mail.example ESMTP\r\n", "server")];
  for (const [line, answer] of [
    ["EHLO a.example", "250 mail.example"],
    ["MAIL FROM:<a@a.example>", "250 ok"],
    ["RCPT TO:<b@b.example>", "250 ok"],
    ["DATA", "354 go on"],
  ]) {
    dialogue.push(say(`${line}\r\n`), say(`${answer}\r\n`, "server"));
  }
  const head = Buffer.from("Subject: news\r\nMIME-Version: 1.0\r\n");
  dialogue.push(say(Buffer.concat([head, text, Buffer.from("\r\n.\r\n")])), say("250 queued\r\n", "server"));
  return tcp(dialogue, size, 25);
}

/** BER sequences within sequences, in an LDAP message. */
function nestedBer(depth: number): Buffer {
  let inner = Buffer.from([5, 0]);
  for (let n = 0; n < depth; n++) {
    const length = inner.length < 128 ? [inner.length] : [0x82, inner.length >> 8, inner.length & 255];
    inner = Buffer.concat([Buffer.from([0x30, ...length]), inner]);
  }
  return inner;
}

/** Every attack. `scale`: 1 for a full run, less for a quick one. */
export function attacks(scale: number): Attack[] {
  const size = (bytes: number): number => Math.max(1, Math.round(bytes * scale));
  const bytes = size(256 * KILOBYTE);
  const count = size(2000);
  const zeros = Buffer.alloc(1 << 20);
  const bomb = gzipSync(zeros, { level: 9 });
  const smallBomb = gzipSync(zeros.subarray(0, 100_000), { level: 9 });
  const headers = (n: number): string => Array.from({ length: n }, (_, i) => `x${i}:${i}\r\n`).join("");
  const storm = say(`GET / HTTP/1.1\r\n${headers(1000)}\r\n`);
  const repeated = (n: number, message: Message): Message[] => Array.from({ length: n }, () => message);
  const quadratic =
    'alert tcp any any -> any any (content:"aaaa"; content:"a"; distance:1; content:"a"; distance:1; content:"b"; distance:0; within:1; sid:1;)';
  const nested =
    'alert tcp any any -> any any (content:"aa"; pcre:"/(a+)+$/"; sid:1;)\nalert tcp any any -> any any (content:"aa"; pcre:"/(.*a){12}b/"; sid:2;)\nalert tcp any any -> any any (content:"aa"; pcre:"/(a|aa)+\\1c/"; sid:3;)';
  const as = (n: number): ConversationFrame[] => tcp(repeated(n, say(Buffer.alloc(1400, 0x61))), 1400, 2323);
  const many = (n: number): ConversationFrame[] => tcp(repeated(n, say(prose(1400))), 1400, 2323);
  return [
    {
      name: "one byte a segment",
      idea: "a request in segments of one byte: each may be parsed and scanned from its beginning",
      frames: tcp(
        [say(`GET /${"x".repeat(1000)} HTTP/1.1\r\n${BROWSER}Cookie: ${"y".repeat(size(4000))}\r\n\r\n`)],
        1,
        80,
      ),
      ordinary: chat(size(2500), 1),
    },
    {
      name: "one byte a segment, body",
      idea: "the body of a request in segments of one byte",
      frames: tcp([say(`POST / HTTP/1.1\r\n${BROWSER}Content-Length: 8000\r\n\r\n${"x".repeat(size(8000))}`)], 1, 80),
      ordinary: chat(size(4000), 1),
    },
    {
      name: "segments backwards",
      idea: "segments in reverse order: every one is put before all that wait",
      frames: reversed(upload(bytes, 200), 400),
      ordinary: upload(bytes, 200),
    },
    {
      name: "header storm",
      idea: "requests of a thousand headers",
      frames: tcp(repeated(size(20), storm), 1400, 80),
      ordinary: upload(bytes, 1400),
    },
    {
      name: "requests without answers",
      idea: "the smallest requests there are, a hundred in a segment, none answered: open transactions pile up",
      frames: tcp(repeated(count * 20, say("GET / HTTP/1.1\r\n\r\n")).reduce<Message[]>(joined, []), 1400, 80),
      ordinary: upload(bytes, 1400),
    },
    {
      name: "gzip bomb",
      idea: "answers of a kilobyte that unpack to a megabyte",
      frames: tcp(repeated(size(60), response(bomb, "Content-Encoding: gzip\r\n")).flatMap(asked), 1400, 80),
      ordinary: packedPages(size(60), 6000),
    },
    {
      name: "gzip bomb beside plain pages",
      idea: "the same answers beside pages of the same size that need no unpacking",
      frames: tcp(repeated(size(60), response(bomb, "Content-Encoding: gzip\r\n")).flatMap(asked), 1400, 80),
      ordinary: tcp(repeated(size(60), response(prose(bomb.length))).flatMap(asked), 1400, 80),
    },
    {
      name: "gzip bomb without limit",
      idea: "the same where bodies are unpacked and inspected to their end",
      frames: tcp(repeated(size(60), response(bomb, "Content-Encoding: gzip\r\n")).flatMap(asked), 1400, 80),
      ordinary: tcp(repeated(size(60), response(prose(bomb.length))).flatMap(asked), 1400, 80),
      config: { "app-layer": { protocols: { http: { libhtp: { "default-config": { "response-body-limit": 0 } } } } } },
    },
    {
      name: "small gzip bombs",
      idea: "answers of 130 bytes that unpack to 100 KB, each a transaction of its own",
      frames: tcp(repeated(size(200), response(smallBomb, "Content-Encoding: gzip\r\n")).flatMap(asked), 1400, 80),
      ordinary: packedPages(size(200), 128),
    },
    {
      name: "gzip within gzip",
      idea: "a bomb packed twice",
      frames: tcp(
        repeated(size(200), response(gzipSync(bomb), "Content-Encoding: gzip, gzip\r\n")).flatMap(asked),
        1400,
        80,
      ),
      ordinary: packedPages(size(200), 128),
    },
    {
      name: "mail of nested parts",
      idea: "multipart within multipart, some hundred levels",
      frames: mail(nestedMail(size(800)), 1400),
      ordinary: mail(prose(size(60_000)), 1400),
    },
    {
      name: "nested BER",
      idea: "LDAP sequences within sequences",
      frames: tcp(repeated(size(100), say(nestedBer(400))), 1400, 389),
      ordinary: upload(bytes, 1400),
    },
    {
      name: "DNS, many labels",
      idea: "names of 127 labels",
      frames: datagrams(
        Array.from({ length: count }, (_, n) => question(Array(120).fill("a").join("."), n)),
        53,
      ),
      ordinary: datagrams(
        Array.from({ length: count }, (_, n) => question("a".repeat(60).concat(".").repeat(3).concat("example"), n)),
        53,
      ),
    },
    {
      name: "quadratic content",
      idea: "a rule of relative contents over bytes that match it nearly everywhere",
      frames: as(size(60)),
      ordinary: many(size(60)),
      rules: quadratic,
    },
    {
      name: "contents to the last step",
      idea: "bytes that match a rule of relative contents nearly everywhere, but for its end: it takes all the steps it may",
      frames: tcp(repeated(size(60), say(`${"ab".repeat(697)}xxxxxc`)), 1400, 2323),
      ordinary: many(size(60)),
      rules:
        'alert tcp any any -> any any (content:"abab"; content:"b"; distance:0; content:"c"; distance:0; within:1; sid:1;)',
    },
    {
      name: "pcre behind a content",
      idea: "a relative pcre, searched again behind every place of a content that is nearly everywhere",
      frames: tcp(repeated(size(60), say(`${"a".repeat(1394)}bxxxxc`)), 1400, 2323),
      ordinary: many(size(60)),
      rules: 'alert tcp any any -> any any (content:"aaaa"; pcre:"/a+b/R"; content:"c"; distance:0; within:1; sid:1;)',
    },
    {
      name: "pcre with a back reference",
      idea: "a pattern no table can keep from trying everything",
      frames: tcp(repeated(size(60), say(`${"a".repeat(1394)}bxxxxc`)), 1400, 2323),
      ordinary: many(size(60)),
      rules: 'alert tcp any any -> any any (content:"aa"; pcre:"/(a+)b\\1/R"; content:"q"; distance:0; sid:1;)',
    },
    {
      name: "exponential pcre",
      idea: "patterns whose backtracking explodes, over bytes made for it",
      frames: as(size(60)),
      ordinary: many(size(60)),
      rules: nested,
    },
    {
      name: "flows without end",
      idea: "every datagram a new flow: the table fills and makes room",
      frames: datagrams(
        Array.from({ length: count }, () => prose(64)),
        7777,
        count,
      ),
      ordinary: datagrams(
        Array.from({ length: count }, () => prose(64)),
        7777,
        20,
      ),
    },
    {
      name: "flows of one hash",
      idea: "flows that share one chain of the table, found by one who knows the seed",
      frames: colliding(size(400)),
      ordinary: datagrams(
        Array.from({ length: size(400) * 4 }, () => prose(64)),
        7777,
        400,
      ),
      config: { vpatch: { capacity: { flows: 4096 } } },
    },
  ];
}

/** A request before each answer. */
function asked(answer: Message): Message[] {
  return [say(`GET /a HTTP/1.1\r\nHost: a\r\n\r\n`), answer];
}

/** Messages of one side that follow each other, in one. */
function joined(messages: Message[], next: Message): Message[] {
  const last = messages.at(-1);
  if (!last || last.data.length > 60_000) return [...messages, next];
  messages[messages.length - 1] = { from: last.from, data: Buffer.concat([last.data, next.data]) };
  return messages;
}

function colliding(count: number): ConversationFrame[] {
  const ports = collidingPorts(count, 4096);
  return [0, 1, 2, 3].flatMap(() =>
    ports.flatMap(([client, server]) =>
      conversationFrames({
        transport: "udp",
        client: { address: "192.0.2.1", port: client },
        server: { address: "198.51.100.1", port: server },
        messages: [{ from: "client", data: prose(64) }],
        segment: 1400,
        handshake: false,
        close: false,
      }),
    ),
  );
}
