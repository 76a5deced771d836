/** `replace`: the frame goes on rewritten, with a checksum that is right when it was right before. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LinkType, Verdict } from "../../assembly/abi/codes.ts";
import { compileRules } from "../../compiler/index.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { ethernet, ipPacket, overIpv6, segmentsOf, transportChecksum, type WireFrame } from "./segment.ts";
import { inGre } from "./tunnel_tricks.ts";

const replace = suite("replace");

function engineOf(mode: "prevent" | "detect", proto: string): Engine {
  const text = `alert ${proto} any any -> any any (content:"evil"; replace:"good"; sid:1;)`;
  const engine = new Engine({ mode, config: defaultConfiguration() });
  engine.load(compileRules([{ file: "replace.rules", text }]).database);
  return engine;
}

/** The last frame's verdict and bytes after inspection. */
function last(
  engine: Engine,
  frames: readonly WireFrame[],
  partialChecksum = false,
): { verdict: number; data: Buffer } {
  let result = { verdict: -1, data: Buffer.alloc(0) };
  for (const [index, { data }] of frames.entries()) {
    engine.write({ data, linkType: LinkType.Ethernet, timestamp: 1_700_000_000_000_000 + index, partialChecksum });
    const [verdict] = engine.inspect();
    result = { verdict: verdict!, data: Buffer.from(engine.frame(0)) };
  }
  return result;
}

function checksumOf(frame: Buffer, version: number, proto: number): number {
  const ip = frame.subarray(14);
  const [source, destination, body] =
    version === 4
      ? [ip.subarray(12, 16), ip.subarray(16, 20), ip.subarray(20)]
      : [ip.subarray(8, 24), ip.subarray(24, 40), ip.subarray(40)];
  return transportChecksum(source, destination, proto, body);
}

for (const [transport, proto] of [
  ["tcp", 6],
  ["udp", 17],
] as const) {
  for (const text of ["> an evil word\\", "> one evil word\\", "> evil\\", "> evil evil\\"]) {
    for (const version of [4, 6]) {
      replace(`${transport} over IPv${version}: ${text}`, () => {
        const plain = parseConversation(`${transport} 10.0.0.1:1 > 10.0.0.2:2 open`, [text]);
        const conversation = version === 4 ? plain : overIpv6(plain);
        const all = segmentsOf(conversation);
        const frames = all.slice(0, all.findIndex(({ payload }) => payload.length > 0) + 1);
        const { verdict, data } = last(
          engineOf("prevent", transport),
          frames.map((s) => ethernet(ipPacket(s))),
        );
        assert.is(verdict, Verdict.Modified);
        assert.ok(data.includes("good"));
        assert.is(checksumOf(data, version, proto), 0);
      });
    }
  }
}

const conversation = parseConversation("tcp 10.0.0.1:1 > 10.0.0.2:2 open", ["> an evil word\\"]);
const frames = segmentsOf(conversation)
  .slice(0, 4)
  .map((segment) => ethernet(ipPacket(segment)));

replace("a partial checksum is left to the network card", () => {
  const before = Buffer.from(frames[3]!.data).readUInt16BE(14 + 20 + 16);
  const { verdict, data } = last(engineOf("prevent", "tcp"), frames, true);
  assert.is(verdict, Verdict.Modified);
  assert.is(data.readUInt16BE(14 + 20 + 16), before);
});

replace("in detection the frame stays as it is", () => {
  const { verdict, data } = last(engineOf("detect", "tcp"), frames);
  assert.is(verdict, Verdict.Pass);
  assert.equal(data, Buffer.from(frames[3]!.data));
});

replace("what a tunnel carries is dropped instead", () => {
  const segments = segmentsOf(conversation).slice(0, 4);
  const carried = segments.flatMap((segment) => inGre(ipPacket(segment), segment, (bytes) => bytes));
  assert.is(last(engineOf("prevent", "tcp"), carried).verdict, Verdict.Drop);
});

replace.run();
