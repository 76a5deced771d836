/** `flow`, `flow.*` and `stream_size`: where a packet stands in its conversation. Suricata manual, "Flow Keywords". */

import { Field } from "../../assembly/abi/buffers.ts";
import { CompareMode, Op, StreamSizeSide } from "../../assembly/abi/conditions.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import { parseComparison, parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";

const DIRECTIONS = RuleFlag.ToServer | RuleFlag.ToClient;
const STATES = RuleFlag.Established | RuleFlag.NotEstablished | RuleFlag.Stateless;

/** Words of `flow` and the flags none of which may be set before. */
const FLOW_WORDS: Readonly<Record<string, { flag: RuleFlag; excludes: number }>> = {
  to_server: { flag: RuleFlag.ToServer, excludes: DIRECTIONS },
  from_client: { flag: RuleFlag.ToServer, excludes: DIRECTIONS },
  to_client: { flag: RuleFlag.ToClient, excludes: DIRECTIONS },
  from_server: { flag: RuleFlag.ToClient, excludes: DIRECTIONS },
  established: { flag: RuleFlag.Established, excludes: STATES },
  not_established: { flag: RuleFlag.NotEstablished, excludes: STATES },
  stateless: { flag: RuleFlag.Stateless, excludes: STATES },
  only_stream: { flag: RuleFlag.OnlyStream, excludes: RuleFlag.OnlyStream | RuleFlag.NoStream },
  no_stream: { flag: RuleFlag.NoStream, excludes: RuleFlag.OnlyStream | RuleFlag.NoStream },
  only_frag: { flag: RuleFlag.OnlyFrag, excludes: RuleFlag.OnlyFrag | RuleFlag.NoFrag },
  no_frag: { flag: RuleFlag.NoFrag, excludes: RuleFlag.OnlyFrag | RuleFlag.NoFrag },
};

const SIZES: readonly (readonly [name: string, field: Field, docs: string])[] = [
  ["flow.pkts_toclient", Field.flow__pkts_toclient, "Packets of the flow to the client so far."],
  ["flow.pkts_toserver", Field.flow__pkts_toserver, "Packets of the flow to the server so far."],
  ["flow.bytes_toclient", Field.flow__bytes_toclient, "Bytes of the flow to the client so far."],
  ["flow.bytes_toserver", Field.flow__bytes_toserver, "Bytes of the flow to the server so far."],
];

export const FLOW_KEYWORDS: Keyword[] = family("Flow", [
  {
    name: "flow",
    value: "required",
    docs: "Direction and state of the flow: to_server, to_client, established, not_established, stateless, only_stream, no_stream, only_frag, no_frag.",
    apply: applyFlow,
  },
  {
    name: "flow.age",
    value: "required",
    docs: "Seconds since the first packet of the flow.",
    apply: (signature, { text }) => compareFlow(signature, Field.flow__age, text, 32),
  },
  ...SIZES.map(
    ([name, field, docs]): Omit<Keyword, "family"> => ({
      name,
      value: "required",
      docs,
      apply: (signature, { text }) => compareFlow(signature, field, text, 64),
    }),
  ),
  {
    name: "flow.pkts",
    value: "required",
    docs: "Packets of the flow so far: `toserver`, `toclient`, `both` or `either`, then a comparison.",
    apply: (signature, { text }) =>
      directed(signature, text, [Field.flow__pkts_toserver, Field.flow__pkts_toclient, Field.flow__pkts]),
  },
  {
    name: "flow.bytes",
    value: "required",
    docs: "Bytes of the flow so far: `toserver`, `toclient`, `both` or `either`, then a comparison.",
    apply: (signature, { text }) =>
      directed(signature, text, [Field.flow__bytes_toserver, Field.flow__bytes_toclient, Field.flow__bytes]),
  },
  {
    name: "nfq_set_mark",
    value: "required",
    docs: "Accepted: `mark/mask`.",
    differs: "Packets are not marked; the alert is the same.",
    apply: (_signature, { text }) => {
      if (!/^\s*(?:0x[0-9a-f]+|\d+)\s*(?:\/\s*(?:0x[0-9a-f]+|\d+)\s*)?$/i.test(text))
        throw new RuleError(`"${text}" is not "mark/mask"`);
    },
  },
  {
    name: "stream_size",
    value: "required",
    docs: "Bytes of the TCP stream so far: `server|client|both|either,operator,number`.",
    apply: applyStreamSize,
  },
]);

function applyFlow(signature: SignatureBuilder, { text }: { text: string }): void {
  if (signature.hasFlow) throw new RuleError("the rule has flow twice");
  for (const word of splitCommas(text)) {
    const entry = FLOW_WORDS[word.toLowerCase()];
    if (entry === undefined) {
      throw new RuleError(`"${word}" is not a flow option`, { advice: `known: ${Object.keys(FLOW_WORDS).join(", ")}` });
    }
    if ((signature.flags & entry.excludes) !== 0)
      throw new RuleError(`"${word}" contradicts or repeats another option`);
    signature.flags |= entry.flag;
  }
  signature.hasFlow = true;
  if (signature.has(RuleFlag.OnlyStream)) signature.flags |= RuleFlag.RequireStream | RuleFlag.RequireStreamOnly;
  if (signature.has(RuleFlag.NoStream)) signature.flags |= RuleFlag.RequirePacket;
  if (signature.has(RuleFlag.OnlyStream) && signature.has(RuleFlag.NoStream)) {
    throw new RuleError("only_stream and no_stream contradict each other");
  }
  const other = STATES | RuleFlag.OnlyFrag | RuleFlag.NoFrag;
  // A direction alone is no condition of the packet for Suricata, which matters for the type of the rule.
  if ((signature.flags & other) !== 0) signature.packetTraits.push("none");
}

function compareFlow(signature: SignatureBuilder, field: Field, text: string, bits: number): void {
  signature.addPacket({ op: Op.Compare, field, ...parseComparison(text, bits) });
  signature.requirePacket();
  signature.flags |= RuleFlag.RequireFlow;
}

function directed(
  signature: SignatureBuilder,
  text: string,
  [toServer, toClient, both]: readonly [Field, Field, Field],
): void {
  const [side, comparison] = splitCommas(text);
  if (comparison === undefined) throw new RuleError(`"${text}" is not "direction,comparison"`);
  switch (side) {
    case "toserver":
      compareFlow(signature, toServer, comparison, 64);
      return;
    case "toclient":
      compareFlow(signature, toClient, comparison, 64);
      return;
    case "both":
      compareFlow(signature, toServer, comparison, 64);
      compareFlow(signature, toClient, comparison, 64);
      return;
    case "either":
      compareFlow(signature, both, comparison, 64);
      return;
    default:
      throw new RuleError(`"${side}" is none of toserver, toclient, both, either`);
  }
}

const SIDES: Readonly<Record<string, StreamSizeSide>> = {
  server: StreamSizeSide.Server,
  client: StreamSizeSide.Client,
  both: StreamSizeSide.Both,
  either: StreamSizeSide.Either,
};

const STREAM_MODES: Readonly<Record<string, CompareMode>> = {
  "=": CompareMode.Equal,
  "<": CompareMode.Less,
  ">": CompareMode.Greater,
  "!=": CompareMode.NotEqual,
  "<=": CompareMode.LessOrEqual,
  ">=": CompareMode.GreaterOrEqual,
};

function applyStreamSize(signature: SignatureBuilder, { text }: { text: string }): void {
  const [side, operator, size, ...more] = splitCommas(text);
  const found = SIDES[side ?? ""];
  const mode = STREAM_MODES[operator ?? ""];
  if (found === undefined || mode === undefined || size === undefined || more.length > 0) {
    throw new RuleError(`"${text}" is not "server|client|both|either,operator,number"`);
  }
  const value = parseUnsigned(size, 0xffff_ffff);
  signature.addPacket({ op: Op.StreamSize, side: found, mode, value });
  signature.usesStreamSize = true;
}
