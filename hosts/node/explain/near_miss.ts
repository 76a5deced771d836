/** What a buffer has instead of what a condition asks: where else, in which case, how far. */
import { CompareField, CompareMode, Op } from "../../../assembly/abi/conditions.ts";
import { ByteFlag, ByteTestField, ContentField, ContentFlag } from "../../../assembly/abi/content_conditions.ts";
import type { ConditionRecord, RuleReader } from "../engine/rule_records.ts";
import { type ConditionText, quote } from "./condition_text.ts";

/** The bytes a `content` may lie in; `undefined` when a byte variable decides. */
function searched(
  view: DataView,
  { flags, offset }: ConditionRecord,
  length: number,
  cursor: number,
): [number, number] | undefined {
  const variables =
    ContentFlag.OffsetVariable | ContentFlag.DepthVariable | ContentFlag.DistanceVariable | ContentFlag.WithinVariable;
  if ((flags & variables) !== 0) return undefined;
  const value = (field: ContentField): number => view.getInt32(offset + field, true);
  let from = 0;
  let to = length;
  if ((flags & (ContentFlag.Distance | ContentFlag.Within)) !== 0) {
    const distance = (flags & ContentFlag.Distance) !== 0 ? value(ContentField.distance) : 0;
    from = Math.max(cursor + distance, 0);
    if ((flags & ContentFlag.Within) !== 0) to = Math.min(to, cursor + distance + value(ContentField.within));
    if ((flags & ContentFlag.Depth) !== 0) to = Math.min(to, cursor + value(ContentField.depth));
    from = Math.max(from, (flags & ContentFlag.Offset) !== 0 ? value(ContentField.offset) : 0);
  } else {
    if ((flags & ContentFlag.Depth) !== 0) to = Math.min(to, value(ContentField.depth));
    if ((flags & ContentFlag.Offset) !== 0) from = value(ContentField.offset);
  }
  return [from, Math.max(from, to)];
}

function lower(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte));
}

function indexOf(data: Uint8Array, pattern: Uint8Array, from = 0): number {
  return Buffer.from(data.buffer, data.byteOffset, data.length).indexOf(pattern, from);
}

/** The start of `pattern` that lies in `data`, as long as can be found. */
function longestStart(data: Uint8Array, pattern: Uint8Array): { at: number; length: number } {
  let best = { at: -1, length: 0 };
  for (let at = 0; at < data.length; at++) {
    let length = 0;
    while (length < pattern.length && at + length < data.length && data[at + length] === pattern[length]) length++;
    if (length > best.length) best = { at, length };
  }
  return best;
}

/** Why `condition` did not hold in this buffer, `cursor` being the end of the match before it. Empty when nothing more can be said. */
export function nearMiss(
  condition: ConditionRecord,
  data: Uint8Array,
  length: number,
  cursor: number,
  text: ConditionText,
  reader: RuleReader,
): string {
  const { view } = reader;
  switch (condition.op) {
    case Op.Content:
      return contentMiss(condition, data, length, cursor, text, view);
    case Op.Bsize:
    case Op.Urilen:
      return `the buffer has ${length} bytes`;
    case Op.IsDataAt:
      return `${Math.max(length - cursor, 0)} bytes follow ${cursor}`;
    case Op.ByteTest: {
      const relative = (condition.flags & ByteFlag.Relative) !== 0 ? cursor : 0;
      const at = relative + view.getInt32(condition.offset + ByteTestField.offset, true);
      const bytes = view.getInt32(condition.offset + ByteTestField.bytes, true);
      if (at < 0 || at + bytes > length) return `the buffer ends at ${length}, the number would lie at ${at}`;
      return `at ${at} is ${quote(data.subarray(at, at + bytes))}`;
    }
    default:
      return "";
  }
}

/** What can be said of a condition before any other was tried: empty when it may hold, or is relative to another. */
export function absoluteMiss(
  condition: ConditionRecord,
  data: Uint8Array,
  length: number,
  text: ConditionText,
  reader: RuleReader,
): string {
  const { op, flags, offset } = condition;
  if (op === Op.Bsize || op === Op.Urilen) {
    const mode = reader.view.getUint8(offset + CompareField.mode);
    const wanted = Number(reader.view.getBigUint64(offset + CompareField.a, true));
    return mode === CompareMode.Equal && length !== wanted ? `the buffer has ${length} bytes` : "";
  }
  if (op !== Op.Content || (flags & (ContentFlag.Negated | ContentFlag.Distance | ContentFlag.Within)) !== 0) return "";
  const nocase = (flags & ContentFlag.Nocase) !== 0;
  const pattern = text.pattern(condition);
  const [from, to] = searched(reader.view, condition, length, 0) ?? [0, length];
  const part = (nocase ? lower(data) : data).subarray(from, to);
  const at = (flags & ContentFlag.EndsWith) !== 0 ? part.length - pattern.length : 0;
  const there = indexOf(part, pattern, Math.max(at, 0)) >= 0;
  return there ? "" : contentMiss(condition, data, length, 0, text, reader.view);
}

function contentMiss(
  condition: ConditionRecord,
  data: Uint8Array,
  length: number,
  cursor: number,
  text: ConditionText,
  view: DataView,
): string {
  const pattern = text.pattern(condition);
  const window = searched(view, condition, length, cursor);
  const nocase = (condition.flags & ContentFlag.Nocase) !== 0;
  const folded = nocase ? lower(data) : data;
  if ((condition.flags & ContentFlag.Negated) !== 0) {
    const at = indexOf(folded, pattern, window?.[0] ?? 0);
    return at < 0 ? "it is there" : `it is there, at ${at}`;
  }
  const [from, to] = window ?? [0, length];
  const bounded = from > 0 || to < length;
  const place = bounded ? `not in ${from}..${to}` : "not there";
  const elsewhere = indexOf(folded, pattern);
  if (elsewhere >= 0 && bounded) return `${place}; it is at ${elsewhere}`;
  if (elsewhere >= 0 && (condition.flags & ContentFlag.EndsWith) !== 0) {
    return `not at the end; it is at ${elsewhere}, ${length - elsewhere - pattern.length} bytes follow`;
  }
  const otherCase = nocase ? -1 : indexOf(lower(data), lower(pattern));
  if (otherCase >= 0)
    return `${place}; in another case at ${otherCase}: ${quote(data.subarray(otherCase, otherCase + pattern.length))}`;
  const best = longestStart(folded.subarray(from, to), pattern);
  if (best.length === 0) return place;
  const at = from + best.at;
  const next = data.subarray(at + best.length, at + best.length + 1);
  const seen = next.length === 0 || at + best.length >= to ? "the end" : quote(next);
  const expected = quote(pattern.subarray(best.length, best.length + 1));
  return `${place}; nearest at ${at}: ${quote(pattern.subarray(0, best.length))}, then ${expected} expected, ${seen} seen`;
}
