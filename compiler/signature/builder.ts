/**
 * A signature while its keywords are read. Keywords add conditions to the list that is active, to the packet list or to
 * what runs after a match; `finish.ts` checks the whole and settles type and flags.
 */
import { type Action, AppProto, type Direction } from "../../assembly/abi/codes.ts";
import { Op } from "../../assembly/abi/conditions.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import type { AddressSet } from "../address.ts";
import type { PortSet } from "../port.ts";
import type { RuleAst } from "../rule/ast.ts";
import { RuleError } from "../rule/problem.ts";
import type { BufferDefinition, TransformUse } from "./buffers.ts";
import type { Condition, ContentCondition, PcreCondition } from "./conditions.ts";
import type { RuleMetadata } from "./metadata.ts";
import { appProtocolName, commonProtocol, type HeaderProtocol } from "./protocols.ts";
import type { SharedTables } from "./shared.ts";
import type { ThresholdUse } from "./threshold.ts";

/** Byte variables the core holds for a rule. */
const MAX_VARIABLES = 32;

/** One use of a buffer with its transforms, and what is asked of it. */
export interface BufferUse {
  readonly definition: BufferDefinition;
  transforms: TransformUse[];
  readonly conditions: Condition[];
  /** Of a transaction rule (`=>`), the one direction this use means. */
  only?: Direction;
  /** Hash of the frame type, for frames. */
  readonly frame?: number;
}

/** Kinds of rule state that the order of rules knows. */
export type StateKind = "flowbits" | "flowint" | "flowvar" | "pktvar" | "hostbits" | "pairbits";

/** How a packet condition restricts the type of its rule. */
export type PacketTrait = "ip-only" | "decoder" | "protocol" | "none";

export class SignatureBuilder {
  readonly rule: RuleAst;
  readonly shared: SharedTables;
  sid = 0;
  gid = 1;
  action!: Action;
  header!: HeaderProtocol;
  source!: AddressSet;
  destination!: AddressSet;
  sourcePorts!: PortSet;
  destinationPorts!: PortSet;
  /** An address expression of the header contains a negation: Suricata then does not inspect the rule as IP-only. */
  negatedAddress = false;

  app: AppProto = AppProto.Unknown;
  /** RuleFlag bits. */
  flags = 0;
  /** `flow` was given. */
  hasFlow = false;
  /** IP protocols `ip_proto` narrows the header to. */
  protocols: Set<number> | undefined;

  readonly packet: Condition[] = [];
  readonly payload: Condition[] = [];
  readonly post: Condition[] = [];
  readonly buffers: BufferUse[] = [];
  readonly thresholds: ThresholdUse[] = [];
  readonly meta: RuleMetadata;

  /** Traits of the entries of Suricata's match list, which settle the type of the rule. */
  readonly packetTraits: PacketTrait[] = [];
  readonly postIpOnly: boolean[] = [];
  /** Lowest and highest payload size by `dsize`. */
  dsize: readonly [low: number, high: number] | undefined;
  hook = 0;
  hookProgress = 0;
  /** `priority` was given and stands before that of the class. */
  priorityGiven = false;
  /** `alert` was given. */
  alertForced = false;
  /** `fast_pattern` was given. */
  fastPatternGiven = false;
  /** `stream_size` was given: payload conditions are then asked of packets as well. */
  usesStreamSize = false;
  /** The chain of the last base64_decode. */
  base64: Condition[] | undefined;
  /** The `app-layer-protocol` conditions so far. */
  readonly appLayerProtocols: { mode: number; negated: boolean }[] = [];
  /** How the rule uses state, for the order of rules. */
  readonly state: Record<StateKind, { reads: boolean; writes: boolean }> = {
    flowbits: { reads: false, writes: false },
    flowint: { reads: false, writes: false },
    flowvar: { reads: false, writes: false },
    pktvar: { reads: false, writes: false },
    hostbits: { reads: false, writes: false },
    pairbits: { reads: false, writes: false },
  };

  #active: BufferUse | "payload" | Condition[] = "payload";
  #transforms: TransformUse[] = [];
  #fresh = false;
  #direction: Direction | undefined;
  readonly #history: { condition: Condition; list: Condition[] }[] = [];
  readonly #variables = new Map<string, number>();

  constructor(rule: RuleAst, shared: SharedTables, meta: RuleMetadata) {
    this.rule = rule;
    this.shared = shared;
    this.meta = meta;
  }

  has(flag: RuleFlag): boolean {
    return (this.flags & flag) !== 0;
  }

  /** Notes that the rule reads or writes state of a kind. */
  use(kind: StateKind, how: "reads" | "writes" | "ignored"): void {
    if (how !== "ignored") this.state[kind][how] = true;
  }

  forceAlert(): void {
    this.alertForced = true;
    this.flags &= ~RuleFlag.NoAlert;
  }

  /** Payload conditions are asked of single packets, as the rule looks at packet headers. */
  requirePacket(): void {
    this.flags |= RuleFlag.RequirePacket;
  }

  /** Binds the rule to an application protocol. @throws RuleError when it is bound to one that does not go with it */
  setApp(app: AppProto): void {
    const common = commonProtocol(this.app, app);
    if (common === undefined) {
      throw new RuleError(
        `the keyword is one of ${appProtocolName(app)}, but the rule is one of ${appProtocolName(this.app)}`,
      );
    }
    this.app = common;
    this.flags |= RuleFlag.AppLayer;
  }

  /** Makes a sticky buffer the active one. `direction` is that of `file.data: to_client` in transaction rules. */
  activate(definition: BufferDefinition, direction?: Direction, frame?: number): void {
    if (Array.isArray(this.#active)) throw new RuleError("no buffer can be set after base64_data");
    this.#settleTransforms();
    this.#checkUsed();
    this.#direction = direction;
    this.#active = this.#use(definition, [], direction, frame);
    this.#fresh = true;
  }

  /** Back to the payload (`pkt_data`). */
  activatePayload(): void {
    this.#settleTransforms();
    this.#active = "payload";
  }

  /** `base64_data`: what follows is asked of the decoded bytes. */
  activateChain(chain: Condition[]): void {
    this.#active = chain;
  }

  get activeBuffer(): BufferUse | undefined {
    return typeof this.#active === "object" && !Array.isArray(this.#active) ? this.#active : undefined;
  }

  /** Adds a transform to the buffer that was just named. */
  transform(use: TransformUse): void {
    const active = this.activeBuffer;
    // Suricata lets conditions stand before the transforms: they are asked of the buffer as it was.
    if (active === undefined || !this.#fresh) {
      throw new RuleError("a transform must follow its sticky buffer", {
        advice: "repeat the sticky buffer before the transform",
      });
    }
    this.#transforms.push(use);
  }

  #settleTransforms(): void {
    if (this.#transforms.length > 0) throw new RuleError("nothing is asked of the transformed buffer before");
  }

  #checkUsed(): void {
    const active = this.activeBuffer;
    if (active !== undefined && active.conditions.length === 0) {
      throw new RuleError(`nothing is asked of the buffer ${active.definition.name} before`);
    }
  }

  /** Every buffer is asked something; the last checks a rule must pass. */
  close(): void {
    this.#settleTransforms();
    for (const { definition, conditions } of this.buffers) {
      if (conditions.length === 0 && definition.kind !== "hook") {
        throw new RuleError(`nothing is asked of the buffer ${definition.name}`, { keyword: definition.name });
      }
    }
  }

  #use(
    definition: BufferDefinition,
    transforms: TransformUse[],
    only: Direction | undefined,
    frame: number | undefined,
  ): BufferUse {
    if (!definition.multi) {
      for (const use of this.buffers) {
        if (
          use.definition === definition &&
          use.only === only &&
          use.frame === frame &&
          sameTransforms(use, transforms)
        ) {
          return use;
        }
      }
    }
    const use: BufferUse = {
      definition,
      transforms,
      conditions: [],
      ...(only === undefined ? {} : { only }),
      ...(frame === undefined ? {} : { frame }),
    };
    this.buffers.push(use);
    return use;
  }

  /** The list that conditions on bytes go to now. */
  current(): Condition[] {
    if (this.#active === "payload") return this.payload;
    if (Array.isArray(this.#active)) return this.#active;
    if (this.#transforms.length > 0) {
      const transforms = this.#transforms;
      this.#transforms = [];
      if (this.#active.conditions.length === 0 && this.#active.transforms.length === 0) {
        // The empty use made by the sticky buffer becomes the transformed one, unless that exists already.
        const index = this.buffers.indexOf(this.#active);
        this.buffers.splice(index, 1);
      }
      this.#active = this.#use(this.#active.definition, transforms, this.#direction, this.#active.frame);
      this.#fresh = false;
    }
    return this.#active.conditions;
  }

  /** The list of the condition that a relative one hangs on; in a sticky buffer that is the buffer's. */
  relativeList(): Condition[] {
    if (this.#active !== "payload") return this.current();
    return this.#history.at(-1)?.list ?? this.payload;
  }

  add(condition: Condition, list = this.current()): void {
    list.push(condition);
    this.#history.push({ condition, list });
  }

  /** The last content, of the active buffer if there is one, for its modifiers. */
  lastContent(): ContentCondition | undefined {
    const only = this.#active === "payload" ? undefined : this.current();
    for (let i = this.#history.length - 1; i >= 0; i -= 1) {
      const { condition, list } = this.#history[i]!;
      if (condition.op === Op.Content && (only === undefined || only === list)) return condition;
    }
    return undefined;
  }

  /** Old-style modifiers (`http_uri`): moves the last content of the payload to a buffer. @throws RuleError */
  moveLast(definition: BufferDefinition): void {
    if (this.#active !== "payload") throw new RuleError("a content modifier cannot be used with a sticky buffer");
    const last = this.#lastOf(this.payload, Op.Content);
    if (last === undefined) throw new RuleError("there is no content before it to modify");
    if (last.rawbytes) throw new RuleError("rawbytes cannot be combined with it");
    if (last.replacement !== undefined) throw new RuleError("replace cannot be combined with it");
    const use = this.#use(definition, [], undefined, undefined);
    this.payload.splice(this.payload.lastIndexOf(last), 1);
    use.conditions.push(last);
    for (const entry of this.#history) if (entry.condition === last) entry.list = use.conditions;
  }

  /** `pcre:"/x/U"`: adds to a buffer without making it active. */
  addTo(definition: BufferDefinition, condition: Condition): void {
    const use = this.#use(definition, [], undefined, undefined);
    this.add(condition, use.conditions);
  }

  /** Adds a condition on numbers or events of a transaction. */
  addGeneric(definition: BufferDefinition, condition: Condition): void {
    this.#use(definition, [], undefined, undefined).conditions.push(condition);
  }

  addHook(definition: BufferDefinition): void {
    this.#use(definition, [], undefined, undefined);
  }

  addPacket(condition: Condition, trait: PacketTrait = "none"): void {
    this.packet.push(condition);
    this.packetTraits.push(trait);
  }

  addPost(condition: Condition, ipOnly = false): void {
    this.post.push(condition);
    this.postIpOnly.push(ipOnly);
  }

  #lastOf(list: readonly Condition[], op: Op.Content): ContentCondition | undefined {
    for (let i = list.length - 1; i >= 0; i -= 1) if (list[i]!.op === op) return list[i] as ContentCondition;
    return undefined;
  }

  /** Declares a byte variable; numbered from 0 in each rule. */
  defineVariable(name: string): number {
    const known = this.#variables.get(name);
    if (known !== undefined) return known;
    const index = this.#variables.size;
    if (index >= MAX_VARIABLES) throw new RuleError(`the rule has more than ${MAX_VARIABLES} byte variables`);
    this.#variables.set(name, index);
    return index;
  }

  /** @throws RuleError when no byte_extract or byte_math before defines it */
  variable(name: string): number {
    const index = this.#variables.get(name);
    if (index === undefined) {
      throw new RuleError(`"${name}" is neither a number nor a variable of byte_extract or byte_math before`);
    }
    return index;
  }
}

function sameTransforms(use: BufferUse, transforms: readonly TransformUse[]): boolean {
  return (
    use.transforms.length === transforms.length &&
    use.transforms.every(
      (transform, i) =>
        transform.op === transforms[i]!.op && Buffer.compare(transform.argument, transforms[i]!.argument) === 0,
    )
  );
}

/** Marks what relative conditions hang on: a content or pcre that has one behind it may try further occurrences. */
export function markRelatives(list: readonly Condition[]): void {
  let last: ContentCondition | PcreCondition | undefined;
  for (const condition of list) {
    if (last?.op === Op.Pcre) last.relativeNext ||= isRelative(condition);
    else if (last !== undefined) {
      const content = condition.op === Op.Content;
      last.distanceNext ||= content && condition.distance !== undefined;
      last.withinNext ||= content ? condition.within !== undefined : isRelative(condition);
    }
    if (condition.op === Op.Content || condition.op === Op.Pcre) last = condition;
  }
}

function isRelative(condition: Condition): boolean {
  switch (condition.op) {
    case Op.Content:
      return condition.distance !== undefined || condition.within !== undefined;
    case Op.Pcre:
    case Op.ByteTest:
    case Op.ByteJump:
    case Op.ByteExtract:
    case Op.ByteMath:
    case Op.IsDataAt:
      return condition.relative;
    default:
      return false;
  }
}
