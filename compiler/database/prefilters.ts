/** Groups the fast patterns of all rules into literal tables, one for each place they are looked for in, and lists the rest. */
import { AppProto, Direction, IpProto } from "../../assembly/abi/codes.ts";
import { Op } from "../../assembly/abi/conditions.ts";
import { ListFlag } from "../../assembly/abi/lists.ts";
import { PatternRecord, PrefilterKind, PrefilterRecord } from "../../assembly/abi/prefilters.ts";
import { RuleFlag, RuleListKind, RuleListRecord, RuleType } from "../../assembly/abi/rules.ts";
import type { PortSet } from "../port.ts";
import type { Literal } from "../prefilter/literal.ts";
import { buildLiteralTable } from "../prefilter/literal_table.ts";
import { textKindOf } from "../prefilter/rarity.ts";
import { FOLDED, statisticsOf, type TextKind } from "../prefilter/statistics.ts";
import type { TcpFlagsCondition } from "../signature/conditions.ts";
import { type FastPattern, fastPattern } from "../signature/fast_pattern.ts";
import type { Signature, SignatureList } from "../signature/finish.ts";
import { AddressIndexBuilder } from "./address_index.ts";
import { type Addressee, addresseeOf, splitByAudience } from "./audience.ts";
import { type BytePool, Growing } from "./bytes.ts";

/** Literals one table may hold. */
const MAX_LITERALS = 65_000;
const BOTH = 2;
const ANY_PROTO = 255;

interface Place {
  readonly kind: PrefilterKind;
  /** AppProto; of packet payloads the IP protocol, 0 for those without a table of their own. */
  readonly app: number;
  readonly direction: Direction;
  readonly progress: number;
  readonly buffer: number;
  readonly streaming: boolean;
  readonly frame: number;
  /** What the buffer holds, for the statistics its table is built with. */
  readonly text: TextKind;
  /** Its literals are near the beginning of the buffer. */
  readonly head: boolean;
}

/** A literal that must end within so many bytes of the beginning is looked for there only: in a table of its own. */
const HEAD = 64;

interface Group {
  readonly place: Place;
  /** Literal key to the rules it brings. */
  readonly literals: Map<string, { literal: Literal; rules: number[] }>;
  /** The most that one of its literals may be from the beginning; 0: they may be anywhere. */
  reach: number;
}

/** What the rules of a list ask of a packet alike. */
interface Gate {
  readonly dsize: readonly [low: number, high: number];
  readonly tcp: TcpFlagsCondition | undefined;
}

const OPEN: Gate = { dsize: [0, 65535], tcp: undefined };

function gateOf({ dsize, packet }: Signature): Gate {
  return { dsize, tcp: packet.find((condition) => condition.op === Op.TcpFlags) };
}

export interface PrefilterSections {
  readonly prefilters: Uint8Array;
  readonly prefilterCount: number;
  readonly lists: Uint8Array;
  readonly listCount: number;
  readonly indices: Uint8Array;
  readonly indexCount: number;
  readonly addressIndexes: { readonly bytes: Uint8Array; readonly count: number };
}

/** The place of a list in the database: its buffer record. */
export type BufferIndex = (list: SignatureList) => number;
/** The place of a port set. */
export type PortIndex = (ports: PortSet) => number;

export class PrefilterBuilder {
  readonly #groups = new Map<string, Group>();
  readonly #lists = new Map<
    string,
    { kind: RuleListKind; direction: number; proto: number; app: number; gate: Gate; rules: number[] }
  >();
  readonly #addresses = new AddressIndexBuilder();
  readonly #tables = new Map<string, { offset: number; length: number }>();
  /** Rules on payloads that are not for all flows, by the direction they are looked for in. */
  readonly #addressees: readonly Map<number, Addressee>[] = [new Map(), new Map()];
  readonly #bufferIndex: BufferIndex;
  readonly #portIndex: PortIndex;

  constructor(bufferIndex: BufferIndex, portIndex: PortIndex) {
    this.#bufferIndex = bufferIndex;
    this.#portIndex = portIndex;
  }

  /** Files a rule. @returns its fast pattern, undefined when it is tried without one */
  add(index: number, signature: Signature): FastPattern | undefined {
    const pattern = prefiltered(signature.type) ? fastPattern(signature) : undefined;
    if (pattern === undefined) {
      this.#list(index, signature);
      return undefined;
    }
    for (const place of this.#places(signature, pattern)) {
      this.#group(place, pattern, index);
      if (!hasAudience(place)) continue;
      const addressee = addresseeOf(signature, place.direction);
      if (addressee !== undefined) this.#addressees[place.direction]!.set(index, addressee);
    }
    return pattern;
  }

  #places(signature: Signature, { use, reach = Number.POSITIVE_INFINITY }: FastPattern): Place[] {
    const head = reach <= HEAD;
    if (use === "payload") return payloadPlaces(signature, head);
    const places: Place[] = [];
    for (const list of signature.lists) {
      if (list.use !== use) continue;
      const { definition, frame = 0 } = use;
      const { app, direction, progress } = list.engine;
      const buffer = this.#bufferIndex(list);
      const { streaming } = definition;
      const text = textKindOf(definition.name);
      if (definition.kind === "packet") {
        for (const way of [Direction.ToServer, Direction.ToClient]) {
          if (isOneWay(signature, way)) continue;
          places.push({
            kind: PrefilterKind.PacketBuffer,
            app,
            direction: way,
            progress: 0,
            buffer,
            streaming,
            frame,
            text,
            head,
          });
        }
      } else {
        const kind = definition.kind === "frame" ? PrefilterKind.Frame : PrefilterKind.Transaction;
        places.push({ kind, app, direction, progress, buffer, streaming, frame, text, head });
      }
    }
    return places;
  }

  #group(place: Place, { literal, reach = 0 }: FastPattern, rule: number): void {
    const { kind, app, direction, progress, buffer, frame, head } = place;
    const key = [kind, app, direction, progress, buffer, frame, head].join();
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { place, literals: new Map(), reach: 0 };
      this.#groups.set(key, group);
    }
    if (head) group.reach = Math.max(group.reach, reach);
    const literalId = literalKey(literal);
    const known = group.literals.get(literalId);
    if (known === undefined) group.literals.set(literalId, { literal, rules: [rule] });
    else known.rules.push(rule);
  }

  #list(index: number, signature: Signature): void {
    const { protocols, type } = signature;
    const proto = protocols?.length === 1 ? protocols[0]! : ANY_PROTO;
    switch (type) {
      case RuleType.IpOnly:
        this.#fileByAddress(index, signature, proto);
        return;
      case RuleType.DecoderEvent:
        this.#file(RuleListKind.DecoderEvent, BOTH, ANY_PROTO, 0, index);
        return;
      case RuleType.ProtocolOnly:
        this.#file(RuleListKind.ProtocolOnly, oneWay(signature), proto, 0, index);
        return;
      case RuleType.Transaction: {
        const frame = (signature.flags & RuleFlag.Frame) !== 0;
        const kind = frame ? RuleListKind.Frame : RuleListKind.Transaction;
        const engines = signature.lists.filter(({ flags }) => (flags & ListFlag.Stream) === 0);
        const seen = new Set<string>();
        for (const { engine } of engines) {
          const key = `${engine.direction} ${engine.app}`;
          if (seen.has(key)) continue;
          seen.add(key);
          this.#file(kind, engine.direction, ANY_PROTO, engine.app, index);
        }
        return;
      }
      default:
        this.#file(RuleListKind.Packet, oneWay(signature), proto, 0, index, gateOf(signature));
        return;
    }
  }

  #fileByAddress(index: number, signature: Signature, proto: number): void {
    const set = this.#addresses.add(index, signature);
    if (set === undefined) this.#file(RuleListKind.IpOnly, BOTH, proto, 0, index);
    else if (set.v6.length > 0) this.#file(RuleListKind.IpOnlyIpv6, BOTH, proto, 0, index);
  }

  #file(kind: RuleListKind, direction: number, proto: number, app: number, rule: number, gate = OPEN): void {
    const { dsize, tcp } = gate;
    const key = [kind, direction, proto, app, ...dsize, tcp?.flags, tcp?.ignored, tcp?.mode].join();
    const known = this.#lists.get(key);
    if (known === undefined) this.#lists.set(key, { kind, direction, proto, app, gate, rules: [rule] });
    else known.rules.push(rule);
  }

  /** The table of these literals: one for all places that look for the same. */
  #table(pool: BytePool, text: TextKind, part: readonly { literal: Literal }[]): { offset: number; length: number } {
    const literals = part.map(({ literal }) => literal);
    const key = [text, ...literals.map(literalKey)].join();
    let table = this.#tables.get(key);
    if (table === undefined) {
      const bytes = buildLiteralTable(literals, { training: statisticsOf(text) });
      table = { offset: pool.add(bytes, 8), length: bytes.length };
      this.#tables.set(key, table);
    }
    return table;
  }

  /** Builds the tables into the pool, and the records. */
  write(pool: BytePool): PrefilterSections {
    const records = new Growing(4096);
    const indices = new Growing(1 << 16);
    let count = 0;
    const index = (value: number): void => indices.u32(indices.reserve(4), value);
    const groups = [...this.#groups.values()].sort((a, b) => comparePlaces(a.place, b.place));
    for (const { place, literals, reach } of groups) {
      const addressees = hasAudience(place) ? this.#addressees[place.direction]! : NOBODY;
      const split = splitByAudience([...literals.values()], addressees);
      const tables = split.flatMap(({ entries, ...rest }) =>
        slices(entries, MAX_LITERALS).map((part) => ({ part, ...rest })),
      );
      for (const { part, audience, apps, ports } of tables) {
        const table = this.#table(pool, place.text, part);
        const at = records.reserve(PrefilterRecord.size);
        count += 1;
        records.u8(at + PrefilterRecord.kind, place.kind);
        records.u8(at + PrefilterRecord.appProto, place.app);
        records.u8(at + PrefilterRecord.direction, place.direction);
        records.u8(at + PrefilterRecord.progress, place.progress);
        records.u16(at + PrefilterRecord.buffer, place.buffer);
        records.u16(at + PrefilterRecord.streaming, place.streaming ? 1 : 0);
        records.u32(at + PrefilterRecord.table, table.offset);
        records.u32(at + PrefilterRecord.tableLength, table.length);
        records.u32(at + PrefilterRecord.literals, part.length);
        records.u32(at + PrefilterRecord.frame, place.frame);
        records.u32(at + PrefilterRecord.patterns, place.streaming && !place.head ? patternRecords(pool, part) : 0);
        records.u16(at + PrefilterRecord.longest, Math.max(...part.map(({ literal }) => literal.bytes.length)));
        records.u16(at + PrefilterRecord.reach, reach);
        records.u8(at + PrefilterRecord.audience, audience);
        records.u32(at + PrefilterRecord.ports, ports.length === 0 ? 0 : this.#portIndex(ports));
        const bits = apps.reduce((sum, app) => sum | (1n << BigInt(app)), 0n);
        records.u32(at + PrefilterRecord.apps, Number(bits & 0xffff_ffffn));
        records.u32(at + PrefilterRecord.apps + 4, Number(bits >> 32n));
        records.u32(at + PrefilterRecord.starts, indices.length / 4);
        let start = 0;
        index(start);
        for (const { rules } of part) {
          start += rules.length;
          index(start);
        }
        records.u32(at + PrefilterRecord.rules, indices.length / 4);
        for (const { rules } of part) for (const rule of rules) index(rule);
      }
    }
    const lists = new Growing(4096);
    for (const { kind, direction, proto, app, gate, rules } of this.#lists.values()) {
      const at = lists.reserve(RuleListRecord.size);
      lists.u8(at + RuleListRecord.kind, kind);
      lists.u8(at + RuleListRecord.direction, direction);
      lists.u8(at + RuleListRecord.proto, proto);
      lists.u8(at + RuleListRecord.appProto, app);
      lists.u32(at + RuleListRecord.first, indices.length / 4);
      lists.u32(at + RuleListRecord.count, rules.length);
      lists.u16(at + RuleListRecord.dsizeLow, gate.dsize[0]);
      lists.u16(at + RuleListRecord.dsizeHigh, gate.dsize[1]);
      lists.u8(at + RuleListRecord.flags, gate.tcp?.flags ?? 0);
      lists.u8(at + RuleListRecord.ignored, gate.tcp?.ignored ?? 0);
      lists.u8(at + RuleListRecord.mode, gate.tcp?.mode ?? 0);
      lists.u8(at + RuleListRecord.tcpFlags, gate.tcp === undefined ? 0 : 1);
      for (const rule of rules) index(rule);
    }
    const addressIndexes = this.#addresses.write(pool, indices);
    return {
      prefilters: records.bytes,
      prefilterCount: count,
      lists: lists.bytes,
      listCount: this.#lists.size,
      indices: indices.bytes,
      indexCount: indices.length / 4,
      addressIndexes,
    };
  }
}

/** Payloads and streams of TCP and UDP, whose rules name ports. */
function hasAudience({ kind, app }: Place): boolean {
  return kind === PrefilterKind.Stream || (kind === PrefilterKind.Payload && app !== 0);
}

const NOBODY: ReadonlyMap<number, Addressee> = new Map();

function slices<T>(list: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / length) }, (_, i) => list.slice(i * length, (i + 1) * length));
}

/** The literals one by one, as `assembly/match/search.ts` takes them. */
function patternRecords(pool: BytePool, part: readonly { literal: Literal }[]): number {
  const records = new Growing(part.length * PatternRecord.size);
  for (const { literal } of part) {
    const { bytes, nocase } = literal;
    const at = records.reserve(PatternRecord.size);
    records.u32(at + PatternRecord.bytes, pool.intern(nocase ? bytes.map((byte) => FOLDED[byte]!) : bytes));
    records.u16(at + PatternRecord.length, bytes.length);
    records.u8(at + PatternRecord.nocase, nocase ? 1 : 0);
  }
  return pool.add(records.bytes, 8);
}

/** Rules of these types are checked by their own lists, never by a literal. */
function prefiltered(type: RuleType): boolean {
  switch (type) {
    case RuleType.IpOnly:
    case RuleType.LikeIpOnly:
    case RuleType.DecoderEvent:
    case RuleType.ProtocolOnly:
    case RuleType.AppLayer:
      return false;
    default:
      return true;
  }
}

/** True when the rule is for the other direction only. */
function isOneWay(signature: Signature, direction: Direction): boolean {
  const other = direction === Direction.ToServer ? RuleFlag.ToClient : RuleFlag.ToServer;
  return (signature.flags & other) !== 0;
}

function oneWay({ flags }: Signature): number {
  if ((flags & RuleFlag.ToServer) !== 0) return Direction.ToServer;
  return (flags & RuleFlag.ToClient) !== 0 ? Direction.ToClient : BOTH;
}

/** Payload literals: in the stream for TCP rules that inspect it, in packets for all others. */
function literalKey({ bytes, nocase, place = "anywhere" }: Literal): string {
  return `${place}${nocase ? " nocase" : ""}:${Buffer.from(bytes).toString("hex")}`;
}

function payloadPlaces(signature: Signature, head: boolean): Place[] {
  const { protocols, flags } = signature;
  const tcp = protocols === undefined || protocols.includes(IpProto.Tcp);
  const others = protocols === undefined || protocols.some((proto) => proto !== IpProto.Tcp);
  const stream = tcp && (flags & RuleFlag.RequireStream) !== 0;
  const packet = others || !stream || (flags & RuleFlag.RequirePacket) !== 0;
  const places: Place[] = [];
  for (const direction of [Direction.ToServer, Direction.ToClient]) {
    if (isOneWay(signature, direction)) continue;
    const rest = {
      direction,
      progress: 0,
      buffer: 0,
      streaming: false,
      frame: 0,
      text: "payload",
    } as const;
    if (packet) {
      // Datagrams are short: a second table would cost more than it saves.
      for (const app of payloadTables(signature))
        places.push({ kind: PrefilterKind.Payload, app, ...rest, head: head && app === IpProto.Tcp });
    }
    if (stream) places.push({ kind: PrefilterKind.Stream, app: AppProto.Unknown, ...rest, head });
  }
  return places;
}

/** The tables of packet payloads a rule is in, by IP protocol: a segment is not searched for what only datagrams can hold. */
function payloadTables({ protocols, flags }: Signature): number[] {
  const has = (proto: IpProto): boolean => protocols === undefined || protocols.includes(proto);
  const streamOnly = (flags & RuleFlag.RequireStream) !== 0 && (flags & RuleFlag.RequirePacket) === 0;
  const tables: number[] = [];
  // What rules on the stream want of a segment that is not part of it is looked for with the stream's table.
  if (has(IpProto.Tcp) && !streamOnly) tables.push(IpProto.Tcp);
  if (has(IpProto.Udp)) tables.push(IpProto.Udp);
  if (protocols === undefined || protocols.some((proto) => proto !== IpProto.Tcp && proto !== IpProto.Udp))
    tables.push(0);
  return tables;
}

function comparePlaces(a: Place, b: Place): number {
  return (
    a.kind - b.kind ||
    a.app - b.app ||
    a.direction - b.direction ||
    a.progress - b.progress ||
    a.buffer - b.buffer ||
    a.frame - b.frame ||
    Number(b.head) - Number(a.head)
  );
}
