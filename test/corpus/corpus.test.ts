/** The corpus: cases parse, conversations become well-formed frames. */
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseCase, readCases } from "../../corpus/case.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { checksum, conversationFrames } from "../../corpus/frames.ts";

const corpus = suite("corpus");
const folder = (name: string) => fileURLToPath(new URL(`../../corpus/${name}`, import.meta.url));

const text = (data: Uint8Array): string => Buffer.from(data).toString("latin1");

corpus("lines, escapes, hex and packet borders", () => {
  const { messages } = parseConversation("tcp 1.2.3.4:5 > 6.7.8.9:10", [
    "> a\\x41\\\\n\\n",
    ">",
    "> open\\",
    ">: 00 ff",
    "--",
    "> é\\",
    "< <b>",
  ]);
  assert.equal(
    messages.map(({ from, data }) => `${from} ${text(data)}`),
    ["client aA\\n\n\r\n\r\nopen\0\xff", "client \xc3\xa9", "server <b>\r\n"],
  );
});

corpus("Content-Length: * is the length of the body", () => {
  const { messages } = parseConversation("tcp 1.2.3.4:5 > 6.7.8.9:10 lf", [
    "> POST / HTTP/1.1",
    "> Content-Length: *",
    ">",
    "> body",
  ]);
  assert.match(text(messages[0]!.data), /Content-Length: 5\n\nbody\n$/);
});

corpus("a TCP conversation: handshake, segments, acknowledgements, close", () => {
  const frames = conversationFrames(parseConversation("tcp 1.2.3.4:5 > 6.7.8.9:10 mss=4", ["> abcdef\\", "< ok\\"]));
  const shown = frames.map(({ data, from, payloadLength }) => {
    const tcp = Buffer.from(data).subarray(34);
    return `${from} ${tcp.readUInt32BE(4)} ${tcp.readUInt32BE(8)} ${tcp[13]!.toString(2).padStart(5, "0")} ${payloadLength}`;
  });
  assert.equal(shown, [
    "client 1000000 0 00010 0",
    "server 2000000 1000001 10010 0",
    "client 1000001 2000001 10000 0",
    "client 1000001 2000001 10000 4",
    "client 1000005 2000001 11000 2",
    "server 2000001 1000007 10000 0",
    "server 2000001 1000007 11000 2",
    "client 1000007 2000003 10000 0",
    "client 1000007 2000003 10001 0",
    "server 2000003 1000008 10001 0",
    "client 1000008 2000004 10000 0",
  ]);
});

for (const head of [
  "tcp 1.2.3.4:5 > 6.7.8.9:10",
  "udp 1.2.3.4:5 > 6.7.8.9:10",
  "tcp [2001:db8::1]:5 > [::1]:10",
  "udp [2001:db8::1]:5 > [fe80::2]:10",
]) {
  corpus(`checksums are right: ${head}`, () => {
    for (const { data } of conversationFrames(parseConversation(head, ["> odd\\", "< even\\"]))) {
      const ip = Buffer.from(data).subarray(14);
      const v4 = ip[0] === 0x45;
      const [addresses, transport] = v4
        ? [ip.subarray(12, 20), ip.subarray(20)]
        : [ip.subarray(8, 40), ip.subarray(40)];
      if (v4) assert.is(checksum(ip.subarray(0, 20)), 0);
      const pseudo = Buffer.from([0, 0, transport.length >> 8, transport.length & 255, 0, 0, 0, v4 ? ip[9]! : ip[6]!]);
      assert.is(checksum(Buffer.concat([addresses, pseudo, transport])), 0);
    }
  });
}

for (const [source, expected] of [
  ["# t\n```conversation tcp a > b\n```", /x.md:2: "a > b"|x.md:2: "tcp a > b"|x.md:2: "a"/],
  ["```conversation tcp 1.2.3.4:5 > 6.7.8.9:10\nhello\n```", /x.md:1: "hello" starts with neither/],
  ["```conversation tcp 1.2.3.4:5 > 6.7.8.9:10\n>: zz\n```", /x.md:1: "zz" is no hex/],
  ["```conversation tcp 1.2.3.4:5 > 6.7.8.9:10\n> a\n```", /x.md: there is no expect block/],
  ["```expect\nblock 1\n```", /x.md:1: "block 1" is none of/],
  ["nothing", /x.md: there is no conversation/],
] as const) {
  corpus(`a wrong case is told where: ${JSON.stringify(source)}`, () => {
    assert.throws(
      () => parseCase("x.md", source),
      (error: Error) => expected.test(error.message),
    );
  });
}

corpus("every case parses; attacks are to be dropped, benign ones to pass", () => {
  const attacks = readCases(folder("attacks"));
  const benign = readCases(folder("benign"));
  assert.ok(attacks.length >= 20 && benign.length >= 8);
  for (const { name, expect } of attacks) assert.ok(expect.drop.length > 0, name);
  for (const { name, expect } of benign) assert.equal(expect, { drop: [], alert: [] }, name);
});

corpus.run();
