/**
 * Frames that a Linux host takes although they are unusual: what it would read of them is inspected, or the frame does not go on. Verdicts by
 * letter: p passes, d dropped.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../assembly/abi/codes.ts";
import { compileRules } from "../../compiler/index.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import {
  ethernet,
  type IpPacket,
  ipPacket,
  overIpv6,
  segmentsOf,
  transportChecksum,
  type WireFrame,
} from "./segment.ts";

const accepts = suite("what a host accepts");

function verdicts(rules: string, frames: readonly WireFrame[]): string {
  const engine = new Engine({ mode: "prevent", config: defaultConfiguration() });
  engine.load(compileRules([{ file: "accepts.rules", text: rules }]).database);
  for (const [index, { data }] of frames.entries()) {
    engine.write({ data, linkType: LinkType.Ethernet, timestamp: 1_700_000_000_000_000 + index });
  }
  return [...engine.inspect()].map((verdict) => "pdrm"[verdict]).join("");
}

const EVIL = 'drop ip any any -> any any (content:"evil"; sid:1;)';
const datagram = (words: string) => segmentsOf(parseConversation("udp 10.0.0.1:1234 > 10.0.0.2:99", [`> ${words}\\`]));

for (const [tags, words, expected] of [
  [1, "evil", "d"],
  [3, "evil", "d"],
  [4, "evil", "d"],
  [4, "anything that was not looked at", "d"],
  [3, "harmless", "p"],
] as const) {
  accepts(`${tags} VLAN tags with id 0, ${words}`, () => {
    const frames = datagram(words).map((segment) =>
      ethernet(
        ipPacket(segment),
        Array.from({ length: tags }, () => [0x8100, 0] as const),
      ),
    );
    assert.is(verdicts(EVIL, frames), expected);
  });
}

/** The UDP datagram with another length in its header. */
function withUdpLength({ bytes, version, from }: IpPacket, length: number): IpPacket {
  const [addresses, transport, size] = version === 4 ? [12, 20, 4] : [8, 40, 16];
  const changed = Buffer.from(bytes);
  const udp = changed.subarray(transport);
  udp.writeUInt16BE(length, 4);
  udp.writeUInt16BE(0, 6);
  const source = changed.subarray(addresses, addresses + size);
  const destination = changed.subarray(addresses + size, addresses + 2 * size);
  udp.writeUInt16BE(transportChecksum(source, destination, 17, udp), 6);
  return { version, from, bytes: changed };
}

accepts("a UDP length of 0 is that of a jumbogram over IPv6, and wrong over IPv4", () => {
  const over = (six: boolean, words: string) => {
    const conversation = parseConversation("udp 10.0.0.1:1234 > 10.0.0.2:99", [`> ${words}\\`]);
    return segmentsOf(six ? overIpv6(conversation) : conversation).map((s) => ethernet(withUdpLength(ipPacket(s), 0)));
  };
  assert.is(verdicts(EVIL, over(true, "evil")), "d");
  assert.is(verdicts(EVIL, over(true, "harmless")), "p");
  assert.is(verdicts(EVIL, over(false, "evil")), "p", "the host drops it");
});

accepts("a flow that a rule drops and bypasses stays dropped", () => {
  const frames = segmentsOf(parseConversation("tcp 10.0.0.1:1 > 10.0.0.2:99 open", ["> evil", "--", "> more"])).map(
    (segment) => ethernet(ipPacket(segment)),
  );
  const bypass = 'drop tcp any any -> any any (content:"evil"; bypass; sid:1;)';
  assert.is(verdicts(bypass, frames), "pppdddd");
  const two = `drop tcp any any -> any any (content:"evil"; sid:1;)
alert tcp any any -> any any (content:"evil"; bypass; sid:2;)`;
  assert.is(verdicts(two, frames), "pppdddd");
});

accepts.run();
