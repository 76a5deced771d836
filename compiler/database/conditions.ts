/** Writes chains of conditions in the form of `assembly/abi/conditions.ts`. */
import {
  AppLayerProtocolField,
  BitsField,
  ChecksumField,
  CONDITION_LAST,
  CONDITION_NEGATED,
  CompareField,
  DcerpcInterfaceField,
  DcerpcOpnumField,
  EntropyField,
  EventField,
  FlowBitsField,
  FlowIntField,
  FlowVariableField,
  Condition as Head,
  IndexMode,
  Op,
  RpcField,
  RpcFlag,
  StreamSizeField,
  TagField,
  TcpFlagsField,
  XbitsField,
} from "../../assembly/abi/conditions.ts";
import {
  Asn1Field,
  Base64Field,
  Base64Flag,
  CaptureField,
  ContentField,
  ContentFlag,
  DatasetField,
  IsDataAtField,
  IsDataAtFlag,
  PcreField,
  PcreFlag,
} from "../../assembly/abi/content_conditions.ts";
import { fnv1a } from "../hash.ts";
import type { Condition, ContentCondition } from "../signature/conditions.ts";
import { writeByteCondition } from "./byte_conditions.ts";
import { type BytePool, Growing } from "./bytes.ts";
import { bits, isVariable, raw } from "./operand.ts";

/** The section of conditions. Offsets of chains count from its start until `bytes` places it. */
export class ConditionWriter {
  readonly #out = new Growing(1 << 20);
  readonly #pool: BytePool;
  readonly #written = new Map<readonly Condition[], number>();
  /** Places that hold an offset of a chain, to be moved when the section is placed. */
  readonly #links: number[] = [];

  constructor(pool: BytePool) {
    this.#pool = pool;
    // Offset 0 must not be a chain, as 0 means none.
    this.#out.reserve(8);
  }

  /** Writes a chain once; gives its offset in the section, 0 for an empty one. */
  chain(conditions: readonly Condition[]): number {
    if (conditions.length === 0) return 0;
    const known = this.#written.get(conditions);
    if (known !== undefined) return known;
    // A nested chain is laid before the one that names it.
    for (const condition of conditions) if (condition.op === Op.Base64Decode) this.chain(condition.chain);
    const start = this.#out.length;
    this.#written.set(conditions, start);
    conditions.forEach((condition, index) => {
      const at = this.#out.length;
      const flags = this.#write(condition, at);
      this.#out.align(8);
      this.#out.u16(at + Head.op, condition.op);
      this.#out.u16(at + Head.length, this.#out.length - at);
      this.#out.u32(at + Head.flags, flags | (index + 1 === conditions.length ? CONDITION_LAST : 0));
    });
    return start;
  }

  /** The section, for its place in the database. */
  bytes(base: number): Uint8Array {
    for (const at of this.#links) {
      const chain = this.#out.getU32(at);
      if (chain !== 0) this.#out.u32(at, base + chain);
    }
    return this.#out.bytes;
  }

  /** Writes the body at `at` and gives the flags. */
  #write(c: Condition, at: number): number {
    const out = this.#out;
    switch (c.op) {
      case Op.Content:
        return this.#content(c, at);
      case Op.Pcre: {
        out.reserve(PcreField.size + c.captures.length * CaptureField.size);
        out.u32(at + PcreField.program, this.#pool.intern(c.program, 8));
        out.u32(at + PcreField.programLength, c.program.length);
        out.u16(at + PcreField.captures, c.captures.length);
        c.captures.forEach(({ name, group, scope }, i) => {
          const record = at + PcreField.size + i * CaptureField.size;
          out.u32(record + CaptureField.name, fnv1a(name));
          out.u16(record + CaptureField.group, group);
          out.u8(record + CaptureField.scope, scope);
        });
        return bits(
          [c.negated, PcreFlag.Negated],
          [c.relative, PcreFlag.Relative],
          [c.relativeNext, PcreFlag.RelativeNext],
        );
      }
      case Op.ByteTest:
      case Op.ByteJump:
      case Op.ByteExtract:
      case Op.ByteMath:
        return writeByteCondition(out, c, at);
      case Op.IsDataAt:
        out.reserve(IsDataAtField.size);
        out.u32(at + IsDataAtField.amount, raw(c.amount));
        return bits(
          [c.negated, IsDataAtFlag.Negated],
          [c.relative, IsDataAtFlag.Relative],
          [typeof c.amount !== "number", IsDataAtFlag.Variable],
        );
      case Op.Compare:
      case Op.TxCompare:
      case Op.Bsize:
      case Op.Urilen:
        out.reserve(CompareField.size);
        out.u16(at + CompareField.field, c.field);
        out.u8(at + CompareField.mode, c.mode);
        out.u8(at + CompareField.index, c.index ?? IndexMode.Any);
        out.i32(at + CompareField.at, c.at ?? 0);
        out.u64(at + CompareField.a, c.a);
        out.u64(at + CompareField.b, c.b);
        return 0;
      case Op.Entropy:
        out.reserve(EntropyField.size);
        out.u8(at + CompareField.mode, c.mode);
        out.u64(at + CompareField.a, c.a);
        out.u64(at + CompareField.b, c.b);
        out.u32(at + EntropyField.bytes, c.bytes);
        out.u32(at + EntropyField.offset, c.offset);
        return 0;
      case Op.Base64Decode:
        out.reserve(Base64Field.size);
        out.u32(at + Base64Field.bytes, c.bytes);
        out.u32(at + Base64Field.offset, c.offset);
        out.u32(at + Base64Field.chain, this.chain(c.chain));
        this.#links.push(at + Base64Field.chain);
        return bits([c.relative, Base64Flag.Relative]);
      case Op.Asn1:
        out.reserve(Asn1Field.size);
        out.u32(at + Asn1Field.checks, c.checks);
        out.u32(at + Asn1Field.oversize, c.oversize);
        out.i32(at + Asn1Field.offset, c.offset);
        return 0;
      case Op.Dataset:
        out.reserve(DatasetField.size);
        out.u32(at + DatasetField.dataset, c.dataset);
        out.u8(at + DatasetField.command, c.command);
        return 0;
      case Op.TcpFlags:
        out.reserve(TcpFlagsField.size);
        out.u8(at + TcpFlagsField.flags, c.flags);
        out.u8(at + TcpFlagsField.ignored, c.ignored);
        out.u8(at + TcpFlagsField.mode, c.mode);
        return 0;
      case Op.FragBits:
      case Op.IpOptions:
        out.reserve(BitsField.size);
        out.u32(at + BitsField.bits, c.bits);
        out.u8(at + BitsField.mode, c.mode);
        return 0;
      case Op.Checksum:
        out.reserve(ChecksumField.size);
        out.u8(at + ChecksumField.kind, c.kind);
        out.u8(at + ChecksumField.valid, c.valid ? 1 : 0);
        return 0;
      case Op.StreamSize:
        out.reserve(StreamSizeField.size);
        out.u8(at + StreamSizeField.side, c.side);
        out.u8(at + StreamSizeField.mode, c.mode);
        out.u32(at + StreamSizeField.value, c.value);
        return 0;
      case Op.DecodeEvent:
      case Op.AppLayerEvent:
        out.reserve(EventField.size);
        out.u16(at + EventField.event, c.event);
        out.u8(at + EventField.appProto, c.appProto);
        return 0;
      case Op.Rpc:
        out.reserve(RpcField.size);
        out.u32(at + RpcField.program, c.program);
        out.u32(at + RpcField.version, c.version ?? 0);
        out.u32(at + RpcField.procedure, c.procedure ?? 0);
        return bits([c.version !== undefined, RpcFlag.Version], [c.procedure !== undefined, RpcFlag.Procedure]);
      case Op.Absent:
        out.reserve(Head.body);
        return bits([c.orElse, CONDITION_NEGATED]);
      case Op.FlowBits:
        out.reserve(FlowBitsField.names + c.names.length * 4);
        out.u8(at + FlowBitsField.command, c.command);
        out.u16(at + FlowBitsField.count, c.names.length);
        c.names.forEach((name, i) => {
          out.u32(at + FlowBitsField.names + i * 4, fnv1a(name));
        });
        return 0;
      case Op.FlowInt: {
        const indirect = typeof c.value === "string";
        out.reserve(FlowIntField.size);
        out.u32(at + FlowIntField.name, fnv1a(c.name));
        out.u8(at + FlowIntField.command, c.command);
        out.u8(at + FlowIntField.indirect, indirect ? 1 : 0);
        out.u32(at + FlowIntField.value, typeof c.value === "string" ? fnv1a(c.value) : c.value);
        return 0;
      }
      case Op.Xbits:
        out.reserve(XbitsField.size);
        out.u32(at + XbitsField.name, fnv1a(c.name));
        out.u8(at + XbitsField.command, c.command);
        out.u8(at + XbitsField.track, c.track);
        out.u32(at + XbitsField.expire, c.expire);
        return 0;
      case Op.AppLayerProtocol:
        out.reserve(AppLayerProtocolField.size);
        out.u8(at + AppLayerProtocolField.proto, c.proto);
        out.u8(at + AppLayerProtocolField.mode, c.mode);
        return bits([c.negated, CONDITION_NEGATED]);
      case Op.Tag:
        out.reserve(TagField.size);
        out.u8(at + TagField.type, c.type);
        out.u8(at + TagField.metric, c.metric);
        out.u8(at + TagField.direction, c.direction);
        out.u32(at + TagField.count, c.count);
        return 0;
      case Op.DcerpcInterface:
        out.reserve(DcerpcInterfaceField.size);
        c.uuid.forEach((byte, i) => {
          out.u8(at + DcerpcInterfaceField.uuid + i, byte);
        });
        out.u16(at + DcerpcInterfaceField.version, c.version?.value ?? 0);
        out.u8(at + DcerpcInterfaceField.mode, c.version?.mode ?? 0);
        out.u8(at + DcerpcInterfaceField.hasVersion, c.version === undefined ? 0 : 1);
        return c.anyFragment ? 4 : 0;
      case Op.DcerpcOpnum:
        out.reserve(DcerpcOpnumField.ranges + c.ranges.length * 4);
        out.u16(at + DcerpcOpnumField.count, c.ranges.length);
        c.ranges.forEach(([low, high], i) => {
          out.u16(at + DcerpcOpnumField.ranges + i * 4, low);
          out.u16(at + DcerpcOpnumField.ranges + i * 4 + 2, high);
        });
        return 0;
      case Op.FlowVariable:
        out.reserve(FlowVariableField.size);
        out.u32(at + FlowVariableField.name, fnv1a(c.name));
        out.u32(at + FlowVariableField.value, this.#pool.intern(c.value));
        out.u16(at + FlowVariableField.length, c.value.length);
        out.u8(at + FlowVariableField.scope, c.scope);
        return 0;
      default:
        // Conditions that say all by their op have an empty body of 8 bytes.
        out.reserve(Head.body + 8);
        return 0;
    }
  }

  #content(c: ContentCondition, at: number): number {
    const out = this.#out;
    out.reserve(ContentField.size);
    out.u32(at + ContentField.pattern, this.#pool.intern(c.pattern));
    out.u16(at + ContentField.length, c.pattern.length);
    if (c.replacement !== undefined) {
      out.u16(at + ContentField.replaceLength, c.replacement.length);
      out.u32(at + ContentField.replace, this.#pool.intern(c.replacement));
    }
    // The core counts the depth from the start of the buffer; with variables it adds the offset itself.
    const depth = typeof c.depth === "number" && typeof c.offset === "number" ? c.depth + c.offset : c.depth;
    out.i32(at + ContentField.offset, raw(c.offset));
    out.i32(at + ContentField.depth, raw(depth));
    out.i32(at + ContentField.distance, raw(c.distance));
    out.i32(at + ContentField.within, raw(c.within));
    return bits(
      [c.negated, ContentFlag.Negated],
      [c.nocase, ContentFlag.Nocase],
      [c.offset !== undefined, ContentFlag.Offset],
      [c.depth !== undefined, ContentFlag.Depth],
      [c.distance !== undefined, ContentFlag.Distance],
      [c.within !== undefined, ContentFlag.Within],
      [c.startsWith, ContentFlag.StartsWith],
      [c.endsWith, ContentFlag.EndsWith],
      [isVariable(c.offset), ContentFlag.OffsetVariable],
      [isVariable(c.depth), ContentFlag.DepthVariable],
      [isVariable(c.distance), ContentFlag.DistanceVariable],
      [isVariable(c.within), ContentFlag.WithinVariable],
      [c.distanceNext, ContentFlag.DistanceNext],
      [c.withinNext, ContentFlag.WithinNext],
      [c.replacement !== undefined, ContentFlag.Replace],
    );
  }
}
