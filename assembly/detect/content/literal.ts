/** `content`: where its modifiers let it be searched, given what matched before. */
import { Condition } from "../../abi/conditions";
import { ContentField, ContentFlag } from "../../abi/content_conditions";
import { findLiteral } from "../../match/search";
import { database } from "../../rules/database";
import { spend } from "../../verdict/cost";
import { byteVariable, data, length, streamOffset } from "./state";

/** Bounds of the search, set by `bounds`. */
let from: u32 = 0;
let to: u32 = 0;

export enum Found {
  /** Not in its bounds. */
  No = 0,
  Yes = 1,
  /** The bounds are empty: nothing can be there. */
  Empty = 2,
  /** The depth ends before this part of the stream. */
  Before = 3,
}

/** End of the occurrence `findContent` found. */
export let matchEnd: u32 = 0;

function variableOr(f: u32, flag: ContentFlag, raw: i32): i64 {
  return (f & flag) != 0 ? <i64>byteVariable(raw) : <i64>raw;
}

/** False: the depth ends before the first byte of this part of the stream. */
function bounds(c: usize, f: u32, base: u32): bool {
  let depth: i64 = length;
  let offset: i64 = 0;
  const contentDepth = variableOr(f, ContentFlag.DepthVariable, load<i32>(c, ContentField.depth));
  const contentOffset = variableOr(f, ContentFlag.OffsetVariable, load<i32>(c, ContentField.offset));
  if ((f & (ContentFlag.Distance | ContentFlag.Within)) != 0) {
    offset = base;
    let distance: i64 = 0;
    if ((f & ContentFlag.Distance) != 0) {
      distance = variableOr(f, ContentFlag.DistanceVariable, load<i32>(c, ContentField.distance));
      offset = max<i64>(offset + distance, 0);
    }
    if ((f & ContentFlag.Within) != 0) {
      const within = variableOr(f, ContentFlag.WithinVariable, load<i32>(c, ContentField.within));
      depth = min<i64>(depth, <i64>base + within + distance);
      if (streamOffset != 0 && base == 0) {
        if (depth <= <i64>streamOffset) return false;
        if (depth < <i64>streamOffset + length) depth -= <i64>streamOffset;
      }
    }
    if ((f & ContentFlag.Depth) != 0) depth = min<i64>(depth, contentDepth + base);
    offset = max<i64>(offset, contentOffset);
  } else {
    if ((f & ContentFlag.Depth) != 0) {
      depth = contentDepth;
      if (streamOffset != 0) {
        if (depth <= <i64>streamOffset) return false;
        if (depth < <i64>streamOffset + length) depth -= <i64>streamOffset;
      }
    }
    offset = contentOffset;
  }
  if ((f & (ContentFlag.OffsetVariable | ContentFlag.DepthVariable)) != 0) depth += offset;
  depth = min<i64>(depth, length);
  from = <u32>min<i64>(offset, 0xffffffff);
  to = depth < 0 ? 0 : <u32>depth;
  return true;
}

/**
 * Searches the next occurrence. `base`: the cursor when the condition was entered; `after`: 0, or one behind the start of the
 * previous occurrence. Sets `matchEnd`.
 */
export function findContent(c: usize, base: u32, after: u32): Found {
  const f = load<u32>(c, Condition.flags);
  if (!bounds(c, f, base)) return Found.Before;
  if (after != 0) from = after;
  if (from > to || to == 0) return Found.Empty;
  const size = <u32>load<u16>(c, ContentField.length);
  if ((f & ContentFlag.EndsWith) != 0 && to < length) return Found.No;
  const at = findLiteral(
    data + from,
    to - from,
    database + load<u32>(c, ContentField.pattern),
    size,
    (f & ContentFlag.Nocase) != 0,
  );
  spend(at < 0 ? to - from : <u32>at + size);
  if (at < 0) return Found.No;
  matchEnd = from + <u32>at + size;
  return Found.Yes;
}

/** Is the pattern nowhere in the buffer, whatever its bounds? */
export function isAbsent(c: usize): bool {
  const pattern = database + load<u32>(c, ContentField.pattern);
  const nocase = (load<u32>(c, Condition.flags) & ContentFlag.Nocase) != 0;
  spend(length);
  return findLiteral(data, length, pattern, load<u16>(c, ContentField.length), nocase) < 0;
}

/** Does a negated `endswith` occurrence end the searched part? */
export function endsBounds(): bool {
  return matchEnd == to - from;
}
