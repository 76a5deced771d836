/**
 * Conditions as the compiler holds them, one type for each kind of record of `assembly/abi/conditions.ts`. Keywords
 * make them, `compiler/database/conditions.ts` writes them.
 */
import type {
  AppLayerProtocolMode,
  BitCommand,
  ChecksumKind,
  CompareMode,
  FlowIntCommand,
  IndexMode,
  Op,
  StreamSizeSide,
  TcpFlagsMode,
  XbitsTrack,
} from "../../assembly/abi/conditions.ts";
import type { DatasetCommand, MathOperator, VariableScope } from "../../assembly/abi/content_conditions.ts";

import type { RequiredLiteral } from "../regex/index.ts";

/** A number of the rule text, or a byte variable (byte_extract, byte_math) by its index. */
export type Operand = number | { readonly variable: number };

export interface ContentCondition {
  readonly op: Op.Content;
  /** In lower case when `nocase`. */
  pattern: Uint8Array;
  readonly negated: boolean;
  nocase?: boolean;
  offset?: Operand;
  depth?: Operand;
  distance?: Operand;
  within?: Operand;
  startsWith?: boolean;
  endsWith?: boolean;
  rawbytes?: boolean;
  /** A `distance` behind hangs on this one. */
  distanceNext?: boolean;
  /** A `within` or another relative condition behind hangs on this one, so further occurrences are tried. */
  withinNext?: boolean;
  replacement?: Uint8Array;
  /** `fast_pattern`, with the part of the pattern it names. */
  fastPattern?: { readonly only: boolean; readonly chop?: readonly [offset: number, length: number] };
}

export interface PcreCondition {
  readonly op: Op.Pcre;
  readonly program: Uint8Array;
  readonly negated: boolean;
  readonly relative: boolean;
  relativeNext?: boolean;
  readonly captures: readonly { readonly name: string; readonly group: number; readonly scope: VariableScope }[];
  /** Literals every match contains: a fast pattern for rules without a content. */
  readonly literals: readonly RequiredLiteral[];
}

interface Extraction {
  readonly relative: boolean;
  /** `little`, or else as the network has it. */
  readonly endian: "big" | "little" | "dce";
  /** Base of a number written as text, or undefined for binary. */
  readonly base?: 0 | 8 | 10 | 16;
  readonly offset: Operand;
  readonly bitmask?: number;
}

export interface ByteTestCondition extends Extraction {
  readonly op: Op.ByteTest;
  readonly bytes: Operand;
  readonly negated: boolean;
  readonly mode: CompareMode;
  readonly value: bigint | { readonly variable: number };
}

export interface ByteJumpCondition extends Extraction {
  readonly op: Op.ByteJump;
  readonly bytes: Operand;
  readonly multiplier: number;
  readonly postOffset: number;
  readonly align: boolean;
  readonly from: "here" | "beginning" | "end";
}

export interface ByteExtractCondition extends Extraction {
  readonly op: Op.ByteExtract;
  readonly bytes: number;
  readonly variable: number;
  readonly multiplier: number;
  readonly align: 0 | 2 | 4;
}

export interface ByteMathCondition extends Extraction {
  readonly op: Op.ByteMath;
  readonly bytes: Operand;
  readonly variable: number;
  readonly operator: MathOperator;
  readonly right: Operand;
}

export interface IsDataAtCondition {
  readonly op: Op.IsDataAt;
  readonly amount: Operand;
  readonly negated: boolean;
  readonly relative: boolean;
}

/** One number against one or two: sizes of a buffer, header fields, numbers of a transaction. */
export interface CompareCondition {
  readonly op: Op.Compare | Op.TxCompare | Op.Bsize | Op.Urilen;
  readonly field: number;
  readonly mode: CompareMode;
  readonly a: bigint;
  readonly b: bigint;
  readonly index?: IndexMode;
  readonly at?: number;
}

export interface Base64Condition {
  readonly op: Op.Base64Decode;
  readonly bytes: number;
  readonly offset: number;
  readonly relative: boolean;
  readonly chain: Condition[];
}

export interface Asn1Condition {
  readonly op: Op.Asn1;
  readonly checks: number;
  readonly oversize: number;
  readonly offset: number;
}

export interface EntropyCondition {
  readonly op: Op.Entropy;
  readonly mode: CompareMode;
  /** Millionths of a bit a byte. */
  readonly a: bigint;
  readonly b: bigint;
  readonly bytes: number;
  readonly offset: number;
}

export interface DatasetCondition {
  readonly op: Op.Dataset;
  readonly dataset: number;
  readonly command: DatasetCommand;
}

export interface TcpFlagsCondition {
  readonly op: Op.TcpFlags;
  readonly flags: number;
  readonly ignored: number;
  readonly mode: TcpFlagsMode;
}

export interface BitsCondition {
  readonly op: Op.FragBits | Op.IpOptions;
  readonly bits: number;
  readonly mode: TcpFlagsMode;
}

export interface ChecksumCondition {
  readonly op: Op.Checksum;
  readonly kind: ChecksumKind;
  readonly valid: boolean;
}

export interface StreamSizeCondition {
  readonly op: Op.StreamSize;
  readonly side: StreamSizeSide;
  readonly mode: CompareMode;
  readonly value: number;
}

export interface EventCondition {
  readonly op: Op.DecodeEvent | Op.AppLayerEvent;
  readonly event: number;
  readonly appProto: number;
}

export interface RpcCondition {
  readonly op: Op.Rpc;
  readonly program: number;
  readonly version?: number;
  readonly procedure?: number;
}

/** Conditions that say all by their op. */
export interface PlainCondition {
  readonly op: Op.SameIp | Op.FtpBounce | Op.Never | Op.Bypass;
}

export interface AbsentCondition {
  readonly op: Op.Absent;
  /** `absent:or_else`: a buffer that is there goes on to the other conditions. */
  readonly orElse: boolean;
}

export interface FlowBitsCondition {
  readonly op: Op.FlowBits;
  readonly command: BitCommand;
  readonly names: readonly string[];
}

export interface FlowIntCondition {
  readonly op: Op.FlowInt;
  readonly name: string;
  readonly command: FlowIntCommand;
  readonly value: number | string;
}

export interface XbitsCondition {
  readonly op: Op.Xbits;
  readonly name: string;
  readonly command: BitCommand;
  readonly track: XbitsTrack;
  readonly expire: number;
}

export interface AppLayerProtocolCondition {
  readonly op: Op.AppLayerProtocol;
  readonly proto: number;
  readonly mode: AppLayerProtocolMode;
  readonly negated: boolean;
}

export interface TagCondition {
  readonly op: Op.Tag;
  readonly type: 1 | 2;
  readonly metric: 1 | 2 | 3;
  readonly direction: 0 | 1 | 2;
  readonly count: number;
}

export interface DcerpcInterfaceCondition {
  readonly op: Op.DcerpcInterface;
  readonly uuid: Uint8Array;
  readonly version?: { readonly mode: CompareMode; readonly value: number };
  readonly anyFragment: boolean;
}

export interface DcerpcOpnumCondition {
  readonly op: Op.DcerpcOpnum;
  readonly ranges: readonly (readonly [low: number, high: number])[];
}

export interface FlowVariableCondition {
  readonly op: Op.FlowVariable;
  readonly name: string;
  readonly value: Uint8Array;
  readonly scope: VariableScope;
}

export type Condition =
  | ContentCondition
  | PcreCondition
  | ByteTestCondition
  | ByteJumpCondition
  | ByteExtractCondition
  | ByteMathCondition
  | IsDataAtCondition
  | CompareCondition
  | Base64Condition
  | Asn1Condition
  | DatasetCondition
  | EntropyCondition
  | TcpFlagsCondition
  | BitsCondition
  | ChecksumCondition
  | StreamSizeCondition
  | EventCondition
  | RpcCondition
  | PlainCondition
  | AbsentCondition
  | FlowBitsCondition
  | FlowIntCondition
  | XbitsCondition
  | AppLayerProtocolCondition
  | TagCondition
  | DcerpcInterfaceCondition
  | DcerpcOpnumCondition
  | FlowVariableCondition;
