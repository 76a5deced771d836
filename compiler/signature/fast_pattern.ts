/**
 * Which literal of a rule is looked for first. `fast_pattern` decides where it is given; otherwise buffers that see few
 * values stand back (Suricata's buffer priorities) and the most telling pattern wins. A rule without a content is looked
 * up by a literal that its regular expression cannot match without.
 */
import { CompareMode, Op } from "../../assembly/abi/conditions.ts";
import { ListFlag } from "../../assembly/abi/lists.ts";
import { RuleType } from "../../assembly/abi/rules.ts";
import type { Literal, LiteralPlace } from "../prefilter/literal.ts";
import { rarity, textKindOf } from "../prefilter/rarity.ts";
import type { BufferUse } from "./builder.ts";
import type { Condition, ContentCondition, PcreCondition } from "./conditions.ts";
import type { Signature } from "./finish.ts";

export interface FastPattern {
  readonly literal: Literal;
  /** The use of a buffer it is in, or the payload. */
  readonly use: BufferUse | "payload";
  /** It must end within so many bytes of the beginning of a buffer that may be long; undefined: it may be anywhere. */
  readonly reach?: number | undefined;
}

/** Longest literal of a prefilter table. */
const MAX_LITERAL = 255;
/** What a rank below the best costs, in bits of {@link rarity}. */
const RANK_COST = 8;
const PAYLOAD_RANK = 3;
/** A shorter literal of a regular expression brings the rule too often. */
const MIN_REGEX_LITERAL = 3;

interface Candidate extends FastPattern {
  readonly score: number;
  readonly given: boolean;
}

/** The literal, or undefined for a rule that must be tried without one. */
export function fastPattern(signature: Signature): FastPattern | undefined {
  const candidates: Candidate[] = [];
  const seen = new Set<BufferUse>();
  for (const { use, flags } of signature.lists) {
    if ((flags & (ListFlag.Generic | ListFlag.Hook | ListFlag.Stream)) !== 0 || seen.has(use)) continue;
    seen.add(use);
    collect(use.conditions, use, use.definition.rank, candidates);
  }
  if (candidates.length === 0 && signature.type !== RuleType.Transaction && signature.lists.length === 0) {
    collect(signature.payload, "payload", PAYLOAD_RANK, candidates);
  }
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (best === undefined || better(candidate, best)) best = candidate;
  }
  return best;
}

function better(a: Candidate, b: Candidate): boolean {
  return a.given !== b.given ? a.given : a.score > b.score;
}

function collect(
  conditions: readonly Condition[],
  use: BufferUse | "payload",
  rank: number,
  candidates: Candidate[],
): void {
  // With absent: or_else the rule may match where there is nothing to find.
  if (conditions.some((condition) => condition.op === Op.Absent)) return;
  const kind = use === "payload" ? "payload" : textKindOf(use.definition.name);
  const cost = (rank - 2) * RANK_COST;
  let regex: Candidate | undefined;
  let contents = 0;
  for (const condition of conditions) {
    if (condition.op === Op.Content && !condition.negated) {
      const literal = contentLiteral(condition, placeOf(condition, conditions, use));
      const reach = isLong(use) ? reachOf(condition) : undefined;
      const near = reach === undefined ? 0 : nearness(reach, condition);
      const score = rarity(literal.bytes, literal.nocase, kind) + near - cost;
      candidates.push({ literal, use, score, reach, given: condition.fastPattern !== undefined });
      contents += 1;
    } else if (condition.op === Op.Pcre && !condition.negated) {
      const literal = regexLiteral(condition);
      if (literal === undefined) continue;
      // Half the worth: contents are what authors chose.
      const score = rarity(literal.bytes, literal.nocase, kind) / 2 - cost;
      if (regex === undefined || score > regex.score) regex = { literal, use, score, given: false };
    }
  }
  if (regex !== undefined && contents === 0) candidates.push(regex);
}

/** Payloads, bodies and files: where a content has to be near the beginning, most of the buffer need not be looked at. */
function isLong(use: BufferUse | "payload"): boolean {
  return use === "payload" || use.definition.streaming;
}

/** Bytes of the buffer the content must end within: its `offset` and `depth`. */
function reachOf({ offset = 0, depth, distance, within }: ContentCondition): number | undefined {
  if (distance !== undefined || within !== undefined) return undefined;
  return typeof depth === "number" && typeof offset === "number" ? offset + depth : undefined;
}

/** Places in a segment, as a logarithm. */
const SEGMENT_BITS = 10;

/** What it is worth, in bits, that a content can only be in few places. */
function nearness(reach: number, { offset = 0, pattern }: ContentCondition): number {
  const places = Math.max(1, reach - (offset as number) - pattern.length + 1);
  return Math.max(0, SEGMENT_BITS - Math.log2(places));
}

function contentLiteral(content: ContentCondition, place: LiteralPlace): Literal {
  const [offset, length] = content.fastPattern?.chop ?? [0, content.pattern.length];
  const bytes = content.pattern.subarray(offset, offset + Math.min(length, MAX_LITERAL));
  const whole = bytes.length === content.pattern.length;
  return { bytes, nocase: content.nocase ?? false, place: whole ? place : "anywhere" };
}

/** Where the content has to be in a buffer that is looked at in one piece: `endswith`, and `bsize` of its own length. */
function placeOf(
  content: ContentCondition,
  conditions: readonly Condition[],
  use: BufferUse | "payload",
): LiteralPlace {
  if (use === "payload" || use.definition.kind !== "transaction" || use.definition.streaming) return "anywhere";
  const size = BigInt(content.pattern.length);
  if (conditions.some((other) => other.op === Op.Bsize && other.mode === CompareMode.Equal && other.a === size))
    return "whole";
  return content.endsWith ? "suffix" : "anywhere";
}

function regexLiteral(pcre: PcreCondition): Literal | undefined {
  let best: Literal | undefined;
  for (const { bytes, masks } of pcre.literals) {
    if (bytes.length < MIN_REGEX_LITERAL || (best !== undefined && bytes.length <= best.bytes.length)) continue;
    best = {
      bytes: Uint8Array.from(bytes).subarray(0, MAX_LITERAL),
      nocase: Array.from(masks).some((mask) => mask !== 0),
    };
  }
  return best;
}
