/**
 * Data that comes before the session is established: with a Fast Open SYN, or in the first packet of a session picked up midstream. Suricata
 * inspects it with the packet after; in prevention that would be too late, so it is inspected at once, by rules with `flow:established` too.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../assembly/abi/codes.ts";
import { compileRules } from "../../compiler/index.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { ethernet, Flag, ipPacket, type Segment, segmentsOf } from "./segment.ts";

const before = suite("data before the session is established");

const RULES = `drop http any any -> any any (flow:established,to_server; http.uri; content:"/evil"; sid:1;)
drop tcp any any -> any any (flow:established; content:"evil bytes"; sid:2;)`;
const { database } = compileRules([{ file: "before.rules", text: RULES }]);
const FAST_OPEN = Buffer.from([34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1]);

const request = ["> GET /evil HTTP/1.1", "> Host: a", ">"];
const conversation = (...lines: string[]): Segment[] =>
  segmentsOf(parseConversation("tcp 10.0.0.1:1234 > 10.0.0.2:80 open", lines));

/** The first data of a conversation carried by its SYN, and the answer that acknowledges it. */
function fastOpen(segments: readonly Segment[]): Segment[] {
  const [syn, synAck, , data] = segments as [Segment, Segment, Segment, Segment];
  return [
    { ...syn, options: FAST_OPEN, payload: data.payload },
    { ...synAck, acknowledgement: synAck.acknowledgement + data.payload.length },
  ];
}

/** The same with other flags beside the SYN: ECN is asked for (RFC 3168), data are pushed. */
function withFlags([syn, ...others]: readonly Segment[], flags: number): Segment[] {
  return [{ ...syn!, flags: syn!.flags | flags }, ...others];
}

/** Verdicts by letter: p passes, d dropped. */
async function verdicts(segments: readonly Segment[], settings = {}): Promise<string> {
  const engine = new Engine({ mode: "prevent", config: await makeConfiguration(settings) });
  engine.load(database);
  for (const [index, segment] of segments.entries()) {
    const { data } = ethernet(ipPacket(segment));
    engine.write({ data, linkType: LinkType.Ethernet, timestamp: 1_700_000_000_000_000 + index });
  }
  return [...engine.inspect()].map((verdict) => "pdrm"[verdict]).join("");
}

const MIDSTREAM = { stream: { midstream: true } };

for (const [name, segments, settings, expected] of [
  ["Fast Open, application layer", fastOpen(conversation(...request)), {}, "dd"],
  ["Fast Open, stream", fastOpen(conversation("> evil bytes")), {}, "dd"],
  ["Fast Open, asking for ECN", withFlags(fastOpen(conversation(...request)), 0xc0), {}, "dd"],
  ["Fast Open, pushed", withFlags(fastOpen(conversation("> evil bytes")), Flag.Push), {}, "dd"],
  ["Fast Open, harmless", fastOpen(conversation("> GET /fine HTTP/1.1", "> Host: a", ">")), {}, "pp"],
  ["midstream, application layer", conversation(...request).slice(3), MIDSTREAM, "dd"],
  ["midstream, stream", conversation("> evil bytes").slice(3), MIDSTREAM, "dd"],
  ["midstream, from the server", conversation("< evil bytes").slice(3), MIDSTREAM, "dd"],
  ["midstream, harmless", conversation("> fine bytes").slice(3), MIDSTREAM, "pp"],
] as const) {
  before(name, async () => {
    assert.is(await verdicts(segments, settings), expected);
  });
}

before.run();
