/**
 * `reject`: the frame is dropped and the core makes the answers. A TCP reset carries the numbers its receiver expects, so that it is
 * obeyed (RFC 5961); an ICMP message quotes the packet. What is read here are the frames, by the rules of the wire.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LinkType, Verdict } from "../../assembly/abi/codes.ts";
import { compileRules } from "../../compiler/index.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { addressBytes, checksum } from "../../corpus/frames.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import {
  ethernet,
  Flag,
  fragments,
  type IpPacket,
  ipPacket,
  ipv4,
  overIpv6,
  pieces,
  segmentsOf,
  transportChecksum,
} from "./segment.ts";
import { tagged } from "./tunnel_tricks.ts";

const reject = suite("reject");
const TIME = 1_700_000_000_000_000;

interface Answer {
  onward: boolean;
  lead: number;
  data: Buffer;
}

/** Answers to the first rejected frame, and its verdict. */
function answers(rule: string, frames: readonly { data: Uint8Array }[], linkType = LinkType.Ethernet): Answer[] {
  const { database } = compileRules([{ file: "reject.rules", text: rule }]);
  const engine = new Engine({ mode: "prevent", config: defaultConfiguration() });
  engine.load(database);
  for (const [index, { data }] of frames.entries()) {
    engine.write({ data, linkType, timestamp: TIME + index });
    const [verdict] = engine.inspect();
    if (verdict === Verdict.Reject)
      return engine.replies.map(({ onward, lead, data: reply }) => ({ onward, lead, data: Buffer.from(reply) }));
    assert.equal(engine.replies, [], "no answer without a rejection");
  }
  return [];
}

const rule = (action: string, proto = "tcp") => `${action} ${proto} any any -> any any (content:"attack"; sid:1;)`;
const conversation = parseConversation("tcp 10.0.0.1:1234 > 10.0.0.2:80", ["> the attack\\", "< answer\\"]);
const datagrams = parseConversation("udp 10.0.0.1:1234 > 10.0.0.2:53", ["> the attack\\"]);
const framesOf = (found: typeof conversation) => segmentsOf(found).map((segment) => ethernet(ipPacket(segment)));

/** A reply's IP packet, its checksums checked. */
function read({ data, lead }: Answer) {
  const ip = data.subarray(lead);
  const version = ip[0]! >> 4;
  const head = version === 4 ? 20 : 40;
  const [source, destination] =
    version === 4 ? [ip.subarray(12, 16), ip.subarray(16, 20)] : [ip.subarray(8, 24), ip.subarray(24, 40)];
  const proto = version === 4 ? ip[9]! : ip[6]!;
  const body = ip.subarray(head);
  if (version === 4) assert.is(checksum(ip.subarray(0, 20)), 0, "IP checksum");
  assert.is(version === 4 ? ip.readUInt16BE(2) : ip.readUInt16BE(4) + 40, ip.length);
  assert.is(proto === 1 ? checksum(body) : transportChecksum(source, destination, proto, body), 0, "checksum");
  return { source: source.at(-1), destination: destination.at(-1), proto, body };
}

for (const [family, version] of [
  [(found: typeof conversation) => found, 4],
  [overIpv6, 6],
] as const) {
  for (const [action, ends] of [
    ["reject", ["sender"]],
    ["rejectsrc", ["sender"]],
    ["rejectdst", ["receiver"]],
    ["rejectboth", ["sender", "receiver"]],
  ] as const) {
    reject(`IPv${version}, ${action}: TCP resets`, () => {
      const found = answers(rule(action), framesOf(family(conversation)));
      assert.equal(
        found.map(({ onward }) => (onward ? "receiver" : "sender")),
        ends,
      );
      for (const answer of found) {
        const { source, destination, proto, body } = read(answer);
        assert.is(proto, 6);
        assert.equal([source, destination], answer.onward ? [1, 2] : [2, 1]);
        assert.equal([body.readUInt16BE(0), body.readUInt16BE(2)], answer.onward ? [1234, 80] : [80, 1234]);
        const numbers = [body.readUInt32BE(4), body.readUInt32BE(8)];
        assert.equal(numbers, answer.onward ? [1_000_001, 2_000_001] : [2_000_001, 1_000_001 + 10]);
        assert.is(body[13], Flag.Reset | Flag.Ack);
        const macs = [answer.data[5], answer.data[11]];
        assert.equal(macs, answer.onward ? [2, 1] : [1, 2]);
        assert.equal([answer.data[1], answer.data[7]], [0, 0]);
      }
    });

    reject(`IPv${version}, ${action}: ICMP for a datagram`, () => {
      const found = answers(rule(action, "udp"), framesOf(family(datagrams)));
      assert.is(found.length, ends.length);
      for (const answer of found) {
        const { source, destination, proto, body } = read(answer);
        assert.equal([proto, body[0], body[1]], version === 4 ? [1, 3, 10] : [58, 1, 1]);
        assert.equal([source, destination], answer.onward ? [1, 2] : [2, 1]);
        assert.is(body.subarray(8).toString("latin1").slice(-10), "the attack");
      }
    });
  }
}

reject("a SYN is answered as one: nothing was acknowledged, the SYN counts", () => {
  const [answer] = answers("reject tcp any any -> any any (flags:S; sid:1;)", framesOf(conversation));
  const { body } = read(answer!);
  assert.equal([body.readUInt32BE(4), body.readUInt32BE(8), body[13]], [0, 1_000_001, Flag.Reset | Flag.Ack]);
});

reject("a reset is not answered", () => {
  const syn = segmentsOf(conversation)[0]!;
  const frame = ethernet(ipPacket({ ...syn, flags: Flag.Reset }));
  assert.equal(answers("reject tcp any any -> any any (flags:R; sid:1;)", [frame]), []);
});

const HOSTS = ["10.0.0.1", "10.0.0.2"].map(addressBytes) as [Buffer, Buffer];
const ECHO = 8;
const TIME_EXCEEDED = 11;
for (const [name, proto, payload, expected] of [
  ["an echo request is answered", 1, Buffer.from([ECHO, 0, 0xf7, 0xff, 0, 0, 0, 0]), [1, 3, 10]],
  ["a packet of another protocol too", 253, Buffer.from("anything"), [1, 3, 10]],
  ["a message of an error is not", 1, Buffer.from([TIME_EXCEEDED, 0, 0xf4, 0xff, 0, 0, 0, 0]), undefined],
] as const) {
  reject(name, () => {
    const frame = ethernet({ version: 4, from: "client", bytes: ipv4(...HOSTS, proto, payload) });
    const [answer] = answers(`reject ip any any -> any any (ip_proto:${proto}; sid:1;)`, [frame]);
    const found = answer && read(answer);
    assert.equal(found && [found.proto, found.body[0], found.body[1]], expected);
    if (found) assert.equal(found.body.subarray(8), Buffer.from(frame.data).subarray(14));
  });
}

reject("tags stay", () => {
  const frames = segmentsOf(conversation).flatMap((segment) => tagged(ipPacket(segment), segment, (bytes) => bytes));
  const [answer] = answers(rule("reject"), frames);
  assert.is(answer?.lead, 18);
  assert.is(answer?.data.readUInt16BE(12), 0x8100);
  read(answer!);
});

reject("frames that are IP packets get IP packets", () => {
  const frames = segmentsOf(conversation).map((segment) => ({ data: ipPacket(segment).bytes }));
  const [answer] = answers(rule("reject"), frames, LinkType.Raw);
  assert.is(answer?.lead, 0);
  read(answer!);
});

reject("a segment in fragments", () => {
  const cut = (packet: IpPacket) => fragments(packet, pieces(packet, 24)).map((fragment) => ethernet(fragment));
  const [answer] = answers(
    rule("reject"),
    segmentsOf(conversation).flatMap((segment) => cut(ipPacket(segment))),
  );
  assert.is(read(answer!).body.readUInt32BE(8), 1_000_001 + 10);
});

reject("an exception policy that rejects answers too", () => {
  const config = structuredClone(defaultConfiguration());
  Object.assign(config.stream, { "midstream-policy": "reject" });
  const engine = new Engine({ mode: "prevent", config });
  engine.load(compileRules([{ file: "none.rules", text: "" }]).database);
  const [data] = framesOf(conversation).slice(3);
  engine.write({ data: data!.data, linkType: LinkType.Ethernet, timestamp: TIME });
  assert.equal([...engine.inspect()], [Verdict.Reject]);
  assert.is(engine.replies.length, 1);
});

reject("in detection nothing is answered", () => {
  const engine = new Engine({ mode: "detect", config: defaultConfiguration() });
  engine.load(compileRules([{ file: "reject.rules", text: rule("reject") }]).database);
  for (const [index, { data }] of framesOf(conversation).entries()) {
    engine.write({ data, linkType: LinkType.Ethernet, timestamp: TIME + index });
    assert.equal([...engine.inspect()], [Verdict.Pass]);
    assert.equal(engine.replies, []);
  }
});

reject.run();
