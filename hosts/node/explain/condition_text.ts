/** Conditions of a database in the words of the rule language, as far as it can be had back. */
import { Field } from "../../../assembly/abi/buffers.ts";
import {
  AppLayerProtocolField,
  BitCommand,
  CompareField,
  CompareMode,
  EventField,
  FlowBitsField,
  FlowIntCommand,
  FlowIntField,
  Op,
  TcpFlagsField,
  XbitsField,
} from "../../../assembly/abi/conditions.ts";
import {
  ByteFlag,
  ByteTestField,
  ContentField,
  ContentFlag,
  IsDataAtField,
  IsDataAtFlag,
} from "../../../assembly/abi/content_conditions.ts";
import type { ConditionRecord, RuleNames, RuleReader } from "../engine/rule_records.ts";
import { anomalyEventName } from "../eve/anomaly.ts";
import { appProtoName } from "../eve/names.ts";

const NEGATED = 1;
const COMPARISONS: Readonly<Record<number, string>> = {
  [CompareMode.Equal]: "",
  [CompareMode.NotEqual]: "!",
  [CompareMode.Less]: "<",
  [CompareMode.LessOrEqual]: "<=",
  [CompareMode.Greater]: ">",
  [CompareMode.GreaterOrEqual]: ">=",
  [CompareMode.And]: "&",
  [CompareMode.Xor]: "^",
};
const BITS: Readonly<Record<number, string>> = {
  [BitCommand.Set]: "set",
  [BitCommand.Unset]: "unset",
  [BitCommand.Toggle]: "toggle",
  [BitCommand.IsSet]: "isset",
  [BitCommand.IsNotSet]: "isnotset",
};
const FLOWINT: Readonly<Record<number, string>> = {
  [FlowIntCommand.Less]: "<",
  [FlowIntCommand.LessOrEqual]: "<=",
  [FlowIntCommand.Equal]: "==",
  [FlowIntCommand.NotEqual]: "!=",
  [FlowIntCommand.GreaterOrEqual]: ">=",
  [FlowIntCommand.Greater]: ">",
  [FlowIntCommand.IsSet]: "isset",
  [FlowIntCommand.IsNotSet]: "notset",
};
const FLAGS = "FSRPAUEC";

/** Bytes as `content` writes them: `|0d 0a|` for what is not printable. */
export function quote(bytes: Uint8Array): string {
  let text = "";
  let hex = false;
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x7c && byte !== 0x3b;
    if (plain === hex) text += "|";
    else if (!plain) text += " ";
    text += plain ? String.fromCharCode(byte) : byte.toString(16).padStart(2, "0");
    hex = !plain;
  }
  return `"${text}${hex ? "|" : ""}"`;
}

/** Turns conditions into text. */
export class ConditionText {
  private readonly reader: RuleReader;
  private readonly names: ReadonlyMap<number, string>;

  constructor(reader: RuleReader, names: RuleNames) {
    this.reader = reader;
    const all = Object.values(names).flatMap((kind) => Object.entries(kind));
    this.names = new Map(all.map(([hash, name]) => [Number(hash), name]));
  }

  /** The pattern of a `content`; lower case when it is `nocase`. */
  pattern({ offset }: ConditionRecord): Uint8Array {
    const { view } = this.reader;
    const at = view.getUint32(offset + ContentField.pattern, true);
    return this.reader.slice(at, view.getUint16(offset + ContentField.length, true));
  }

  of(condition: ConditionRecord): string {
    const { op, flags, offset } = condition;
    const { view } = this.reader;
    const negated = (flags & NEGATED) !== 0 ? "!" : "";
    switch (op) {
      case Op.Content:
        return this.content(condition);
      case Op.Pcre:
        return `pcre:${negated}"..."`;
      case Op.IsDataAt: {
        const amount = view.getUint32(offset + IsDataAtField.amount, true);
        return `isdataat:${negated}${amount}${(flags & IsDataAtFlag.Relative) !== 0 ? ",relative" : ""}`;
      }
      case Op.ByteTest:
        return this.byteTest(condition);
      case Op.Bsize:
        return `bsize:${this.comparison(offset)}`;
      case Op.Urilen:
        return `urilen:${this.comparison(offset)}`;
      case Op.Compare:
      case Op.TxCompare: {
        const field = Field[view.getUint16(offset + CompareField.field, true)] ?? "number";
        return `${field.replaceAll("__", ".")}:${this.comparison(offset)}`;
      }
      case Op.TcpFlags:
        return `tcp.flags:${flagNames(view.getUint8(offset + TcpFlagsField.flags))}`;
      case Op.FlowBits: {
        const count = view.getUint16(offset + FlowBitsField.count, true);
        const bits = Array.from({ length: count }, (_, i) => this.name(offset + FlowBitsField.names + i * 4));
        return `flowbits:${BITS[view.getUint8(offset + FlowBitsField.command)]},${bits.join("|")}`;
      }
      case Op.Xbits:
        return `xbits:${BITS[view.getUint8(offset + XbitsField.command)]},${this.name(offset + XbitsField.name)}`;
      case Op.FlowInt: {
        const command = FLOWINT[view.getUint8(offset + FlowIntField.command)] ?? "";
        return `flowint:${this.name(offset + FlowIntField.name)},${command},${view.getUint32(offset + FlowIntField.value, true)}`;
      }
      case Op.AppLayerProtocol:
        return `app-layer-protocol:${negated}${appProtoName(view.getUint8(offset + AppLayerProtocolField.proto))}`;
      case Op.DecodeEvent:
      case Op.AppLayerEvent: {
        const code = view.getUint16(offset + EventField.event, true);
        const type = code < 400 ? "decode" : code < 600 ? "stream" : "applayer";
        return `event ${anomalyEventName({ type, code }) ?? code}`;
      }
      default:
        return `${negated}${keywordOf(op)}`;
    }
  }

  private name(offset: number): string {
    const hash = this.reader.view.getUint32(offset, true);
    return this.names.get(hash) ?? `#${hash.toString(16)}`;
  }

  private content(condition: ConditionRecord): string {
    const { flags, offset } = condition;
    const { view } = this.reader;
    let text = `content:${(flags & ContentFlag.Negated) !== 0 ? "!" : ""}${quote(this.pattern(condition))}`;
    if ((flags & ContentFlag.Nocase) !== 0) text += "; nocase";
    const modifiers: [ContentFlag, string, number, ContentFlag][] = [
      [ContentFlag.Offset, "offset", ContentField.offset, ContentFlag.OffsetVariable],
      [ContentFlag.Depth, "depth", ContentField.depth, ContentFlag.DepthVariable],
      [ContentFlag.Distance, "distance", ContentField.distance, ContentFlag.DistanceVariable],
      [ContentFlag.Within, "within", ContentField.within, ContentFlag.WithinVariable],
    ];
    for (const [flag, name, field, variable] of modifiers) {
      if ((flags & flag) === 0 || ((flags & ContentFlag.StartsWith) !== 0 && name === "depth")) continue;
      text += `; ${name}:${(flags & variable) !== 0 ? "a variable" : view.getInt32(offset + field, true)}`;
    }
    if ((flags & ContentFlag.StartsWith) !== 0) text += "; startswith";
    if ((flags & ContentFlag.EndsWith) !== 0) text += "; endswith";
    return text;
  }

  private byteTest({ flags, offset }: ConditionRecord): string {
    const { view } = this.reader;
    const operator = COMPARISONS[view.getUint8(offset + ByteTestField.mode)] || "=";
    const value =
      (flags & ByteFlag.ValueVariable) !== 0 ? "a variable" : view.getBigUint64(offset + ByteTestField.value, true);
    const bytes = view.getInt32(offset + ByteTestField.bytes, true);
    const at = view.getInt32(offset + ByteTestField.offset, true);
    const negated = (flags & NEGATED) !== 0 ? "!" : "";
    return `byte_test:${bytes},${negated}${operator},${value},${at}${(flags & ByteFlag.Relative) !== 0 ? ",relative" : ""}`;
  }

  private comparison(offset: number): string {
    const { view } = this.reader;
    const mode = view.getUint8(offset + CompareField.mode);
    const a = view.getBigUint64(offset + CompareField.a, true);
    const b = view.getBigUint64(offset + CompareField.b, true);
    if (mode === CompareMode.Range || mode === CompareMode.Inclusive) return `${a}<>${b}`;
    if (mode === CompareMode.NotRange) return `!${a}<>${b}`;
    if (mode === CompareMode.Mask) return `&${a}=${b}`;
    if (mode === CompareMode.NotMask) return `!&${a}=${b}`;
    return `${COMPARISONS[mode] ?? ""}${a}`;
  }
}

function flagNames(bits: number): string {
  return [...FLAGS].filter((_, bit) => (bits & (1 << bit)) !== 0).join("") || "0";
}

/** `DcerpcInterface` becomes `dcerpc interface`. */
function keywordOf(op: number): string {
  return (Op[op] ?? "condition").replaceAll(/(?<=[a-z])([A-Z])/g, " $1").toLowerCase();
}
