/**
 * Rule files as logical lines: comments and blank lines are dropped, a backslash at the end of a line joins the next
 * one to it. Positions of the joined text map back to the file.
 */

/** One rule candidate. `text` starts at the first non-blank character. */
export interface LogicalLine {
  readonly text: string;
  /** Number of the first physical line, from 1. */
  readonly line: number;
  readonly enabled: boolean;
  /** Where the physical lines start in `text`; ascending by `offset`, the first at 0. */
  readonly segments: readonly Segment[];
}

interface Segment {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** Suricata's actions, by which a commented-out rule is told from prose. */
const DISABLED_RULE =
  /^#+\s*(?=(?:alert|drop|pass|reject|rejectsrc|rejectdst|rejectboth|config|accept)(?::\S+)?\s+\S+\s)/;

/** Splits a file. `#alert ...` lines are given (with `enabled` false) only when `disabled` is set. */
export function* logicalLines(source: string, disabled = false): Generator<LogicalLine> {
  let at = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  let number = 0;
  let open: { text: string; line: number; segments: Segment[] } | undefined;
  while (at < source.length) {
    let end = source.indexOf("\n", at);
    if (end < 0) end = source.length;
    const physical = source.slice(at, end > at && source.charCodeAt(end - 1) === 0x0d ? end - 1 : end);
    at = end + 1;
    number += 1;

    if (open === undefined) {
      const start = physical.length - physical.trimStart().length;
      const first = physical.charCodeAt(start);
      if (start === physical.length || first === 0x3b) continue; // blank, or a ';' comment
      if (first === 0x23) {
        if (!disabled) continue;
        const mark = DISABLED_RULE.exec(physical.slice(start));
        if (mark === null) continue;
        const column = start + mark[0].length;
        const segments = [{ offset: 0, line: number, column: column + 1 }];
        yield { text: physical.slice(column).trimEnd(), line: number, enabled: false, segments };
        continue;
      }
      open = { text: "", line: number, segments: [{ offset: 0, line: number, column: start + 1 }] };
      open.text = physical.slice(start);
    } else {
      open.segments.push({ offset: open.text.length, line: number, column: 1 });
      open.text += physical;
    }
    const trimmed = open.text.trimEnd();
    if (trimmed.endsWith("\\")) {
      open.text = trimmed.slice(0, -1);
      continue;
    }
    yield { text: trimmed, line: open.line, enabled: true, segments: open.segments };
    open = undefined;
  }
  if (open !== undefined && open.text.trim() !== "") {
    yield { text: open.text.trimEnd(), line: open.line, enabled: true, segments: open.segments };
  }
}

/** Line and column of `offset` of the joined text. */
export function locate(logical: LogicalLine, offset: number): { line: number; column: number } {
  let segment = logical.segments[0]!;
  for (const next of logical.segments) {
    if (next.offset > offset) break;
    segment = next;
  }
  return { line: segment.line, column: segment.column + (offset - segment.offset) };
}
