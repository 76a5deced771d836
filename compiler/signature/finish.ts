/**
 * Closes a signature: checks that its parts go together, settles direction, type and flags, and lays its buffers out as
 * the lists the core inspects. The order of the checks and their meaning follow Suricata's validation of signatures.
 */
import { Action, AppProto, Direction, IpProto } from "../../assembly/abi/codes.ts";
import { Op } from "../../assembly/abi/conditions.ts";
import { ListFlag } from "../../assembly/abi/lists.ts";
import { RuleFlag, type RuleHook, RuleType } from "../../assembly/abi/rules.ts";
import type { AddressSet } from "../address.ts";
import type { PortSet } from "../port.ts";
import { RuleError } from "../rule/problem.ts";
import type { TrafficException } from "./adjustment.ts";
import type { Engine } from "./buffers.ts";
import { type BufferUse, markRelatives, type SignatureBuilder } from "./builder.ts";
import type { Condition } from "./conditions.ts";
import type { RuleMetadata } from "./metadata.ts";
import { type OrderKey, stateUse } from "./order.ts";
import { appProtocolEquals, transports } from "./protocols.ts";
import { checkSizes } from "./size.ts";
import type { ThresholdUse } from "./threshold.ts";
import { actionName, ruleType } from "./type.ts";

/** One place a buffer of the rule is inspected in. */
export interface SignatureList {
  readonly use: BufferUse;
  readonly engine: Engine;
  /** ListFlag bits, without Prefilter. */
  readonly flags: number;
  /** Number of the buffer within the rule. */
  readonly id: number;
  readonly conditions: readonly Condition[];
}

/** A rule as it goes into the database. */
export interface Signature {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly sid: number;
  readonly gid: number;
  readonly action: Action;
  readonly type: RuleType;
  readonly flags: number;
  readonly app: AppProto;
  /** IP protocol numbers, undefined for any. */
  readonly protocols: readonly number[] | undefined;
  readonly source: AddressSet;
  readonly destination: AddressSet;
  readonly sourcePorts: PortSet;
  readonly destinationPorts: PortSet;
  readonly packet: readonly Condition[];
  readonly payload: readonly Condition[];
  readonly post: readonly Condition[];
  readonly lists: readonly SignatureList[];
  readonly dsize: readonly [low: number, high: number];
  readonly thresholds: ThresholdUse[];
  /** By policy. */
  readonly exceptions: readonly TrafficException[];
  readonly hook: RuleHook;
  readonly hookProgress: number;
  readonly meta: RuleMetadata;
  readonly order: OrderKey;
}

/** Buffers a rule may look at: bits of a transaction's inspection flags. */
const MAX_BUFFERS = 28;

/** @throws RuleError */
export function finish(signature: SignatureBuilder): Signature {
  for (const list of conditionLists(signature)) markRelatives(list);
  // A pass rule is silent unless it says alert.
  if (signature.action === Action.Pass && !signature.alertForced) signature.flags |= RuleFlag.NoAlert;
  const protocols = ipProtocols(signature);
  checkCombinations(signature);
  checkLetters(signature);
  checkSizes(signature);
  settleDirection(signature);
  settlePayload(signature, protocols);
  const type = ruleType(signature);
  const lists = layOut(signature, type);
  if (type === RuleType.Transaction && lists.length === 0) {
    throw new RuleError("no buffer of the rule exists in its protocol and direction");
  }
  const { state, meta, sid } = signature;
  const use = (kind: keyof typeof state) => stateUse(state[kind].reads, state[kind].writes);
  return {
    file: signature.rule.file,
    line: signature.rule.line,
    text: signature.rule.text,
    sid,
    gid: signature.gid,
    action: signature.action,
    type,
    flags: signature.flags,
    app: signature.app,
    protocols,
    source: signature.source,
    destination: signature.destination,
    sourcePorts: signature.sourcePorts,
    destinationPorts: signature.destinationPorts,
    packet: signature.packet,
    payload: lists.some(({ flags }) => (flags & ListFlag.Stream) !== 0) ? [] : signature.payload,
    post: signature.post,
    lists,
    dsize: signature.dsize ?? [0, 65535],
    thresholds: signature.thresholds,
    exceptions: [],
    hook: signature.hook,
    hookProgress: signature.hookProgress,
    meta,
    order: {
      action: actionName(signature.action),
      flowbits: use("flowbits"),
      flowint: use("flowint"),
      flowvar: use("flowvar"),
      pktvar: use("pktvar"),
      hostbits: use("hostbits"),
      pairbits: use("pairbits"),
      priority: meta.priority,
      sid,
    },
  };
}

function* conditionLists(signature: SignatureBuilder): Generator<readonly Condition[]> {
  yield signature.payload;
  for (const { conditions } of signature.buffers) yield conditions;
  if (signature.base64 !== undefined) yield signature.base64;
}

/** The header's protocols, narrowed by ip_proto; those of the application protocol for `ip` rules with one. */
function ipProtocols(signature: SignatureBuilder): readonly number[] | undefined {
  const { header, app, protocols } = signature;
  const base = header.ip ?? (app === AppProto.Unknown || header.app !== undefined ? undefined : transports(app));
  if (protocols === undefined) return base;
  const both = [...protocols].filter((proto) => base === undefined || base.includes(proto));
  if (both.length === 0) throw new RuleError("ip_proto and the header have no protocol in common");
  return both.sort((a, b) => a - b);
}

function checkCombinations(signature: SignatureBuilder): void {
  const kinds = new Set(signature.buffers.map(({ definition }) => definition.kind));
  const app = kinds.has("transaction") || kinds.has("generic") || kinds.has("hook");
  if (signature.has(RuleFlag.RequirePacket) && (app || kinds.has("frame"))) {
    throw new RuleError(
      "conditions on single packets (dsize, flags, ttl ...) cannot be combined with application buffers",
    );
  }
  if (kinds.has("frame")) {
    if (signature.payload.length > 0) throw new RuleError("frames cannot be combined with payload conditions");
    if (app) throw new RuleError("frames cannot be combined with application buffers");
    if (kinds.has("packet")) throw new RuleError("frames cannot be combined with packet buffers");
  }
  if (signature.has(RuleFlag.RequirePacket) && signature.has(RuleFlag.RequireStream)) {
    throw new RuleError("conditions on single packets cannot be combined with tcp-stream or flow:only_stream");
  }
}

/** A buffer in lower case never holds a content with capitals; Suricata refuses those, and `nocase`, when it loads the rule. */
function checkLetters(signature: SignatureBuilder): void {
  for (const { definition, conditions } of signature.buffers) {
    if (!definition.lowerCase) continue;
    for (const condition of conditions) {
      if (condition.op !== Op.Content) continue;
      if (condition.nocase) {
        throw new RuleError(`nocase is redundant: ${definition.name} is in lower case`, { advice: "remove nocase" });
      }
      if (condition.pattern.some((byte) => byte >= 0x41 && byte <= 0x5a)) {
        throw new RuleError(`capital letters never match: ${definition.name} is in lower case`, {
          advice: "write the content in lower case",
        });
      }
    }
  }
}

/** Engines of a buffer that the rule's protocol and direction allow. */
function enginesOf(signature: SignatureBuilder, use: BufferUse): Engine[] {
  const toServerOnly = signature.has(RuleFlag.ToServer);
  const toClientOnly = signature.has(RuleFlag.ToClient);
  return use.definition.engines.filter(({ app, direction }) => {
    if (signature.app !== AppProto.Unknown && !appProtocolEquals(signature.app, app)) return false;
    if (use.only !== undefined && use.only !== direction) return false;
    if (toServerOnly && direction !== Direction.ToServer) return false;
    return !(toClientOnly && direction !== Direction.ToClient);
  });
}

/** Buffers of one direction only give the rule that direction. */
function settleDirection(signature: SignatureBuilder): void {
  let server = false;
  let client = false;
  for (const use of signature.buffers) {
    const all = use.definition.engines.filter(
      ({ app }) => signature.app === AppProto.Unknown || appProtocolEquals(signature.app, app),
    );
    const toServer = all.some(({ direction }) => direction === Direction.ToServer);
    const toClient = all.some(({ direction }) => direction === Direction.ToClient);
    if (use.only === undefined && toServer && toClient) continue;
    if (use.only === Direction.ToServer || (use.only === undefined && toServer)) server = true;
    else if (use.only === Direction.ToClient || toClient) client = true;
  }
  if (signature.has(RuleFlag.BothDirections)) {
    if (signature.has(RuleFlag.ToServer) || signature.has(RuleFlag.ToClient)) {
      throw new RuleError("a transaction rule (=>) cannot have a flow direction");
    }
    if (!server || !client) {
      throw new RuleError("a transaction rule (=>) must look at both directions");
    }
    return;
  }
  if (server && client) throw new RuleError("the rule's buffers belong to different directions");
  if (server) implyDirection(signature, RuleFlag.ToServer, RuleFlag.ToClient);
  if (client) implyDirection(signature, RuleFlag.ToClient, RuleFlag.ToServer);
}

function implyDirection(signature: SignatureBuilder, wanted: RuleFlag, other: RuleFlag): void {
  if (signature.has(other)) throw new RuleError("the rule's buffers contradict the direction of its flow");
  signature.flags |= wanted;
}

/** Whether payload conditions are asked of the stream, of packets, or of both. */
function settlePayload(signature: SignatureBuilder, protocols: readonly number[] | undefined): void {
  if (signature.hasFlow || signature.has(RuleFlag.AppLayer)) signature.flags |= RuleFlag.RequireFlow;
  if (signature.dsize !== undefined && signature.dsize[0] > 0) signature.flags |= RuleFlag.RequirePayload;
  if (signature.payload.length === 0) return;
  signature.flags |= RuleFlag.RequirePayload;
  const tcp = protocols === undefined || protocols.includes(IpProto.Tcp);
  if (!tcp || signature.has(RuleFlag.RequirePacket) || signature.has(RuleFlag.RequireStream)) return;
  signature.flags |= RuleFlag.RequireStream;
  const positioned = signature.payload.some(
    (condition) => condition.op === Op.Content && (condition.depth !== undefined || condition.offset !== undefined),
  );
  if (positioned || signature.usesStreamSize) signature.flags |= RuleFlag.RequirePacket;
}

/** Lists in the order of the rule; the writer puts the one with the prefilter first and sorts by progress. */
function layOut(signature: SignatureBuilder, type: RuleType): SignatureList[] {
  const lists: SignatureList[] = [];
  let id = 0;
  for (const use of signature.buffers) {
    const { definition } = use;
    const flags =
      (definition.kind === "generic" ? ListFlag.Generic : 0) |
      (definition.kind === "hook" ? ListFlag.Hook : 0) |
      (definition.file ? ListFlag.File : 0) |
      (definition.multi ? ListFlag.Multi : 0);
    if (definition.file) signature.flags |= RuleFlag.File;
    const engines =
      definition.kind === "packet"
        ? [{ app: AppProto.Unknown, direction: Direction.ToServer, progress: 0 }]
        : enginesOf(signature, use);
    if (engines.length === 0) {
      throw new RuleError(`the buffer ${definition.name} does not exist in the rule's protocol and direction`, {
        keyword: definition.name,
      });
    }
    for (const engine of engines) lists.push({ use, engine, flags, id, conditions: use.conditions });
    id += 1;
  }
  if (type === RuleType.Transaction && signature.payload.length > 0) {
    const use: BufferUse = { definition: STREAM, transforms: [], conditions: signature.payload };
    for (const direction of [Direction.ToServer, Direction.ToClient]) {
      if (signature.has(direction === Direction.ToServer ? RuleFlag.ToClient : RuleFlag.ToServer)) continue;
      const engine = { app: AppProto.Unknown, direction, progress: 0 };
      lists.push({ use, engine, flags: ListFlag.Stream, id, conditions: signature.payload });
    }
    id += 1;
  }
  if (id > MAX_BUFFERS) throw new RuleError(`the rule looks at more than ${MAX_BUFFERS} buffers`);
  if (lists.length > 64)
    throw new RuleError("the rule looks at more than 64 buffers, counted by protocol and direction");
  return lists;
}

const STREAM = {
  name: "payload",
  id: 0,
  kind: "transaction",
  engines: [],
  multi: false,
  streaming: false,
  file: false,
  lowerCase: false,
  rank: 3,
} as const;
