/** Address and port expressions: `any`, `10.0.0.0/8`, `$HOME_NET`, `![a,b]`, `[a,![b,c],$D]` to a tree. */
import type { ListNode } from "./ast.ts";
import { RuleError } from "./problem.ts";

/** Groups nest at most this deep, in Suricata as well. */
export const MAX_NESTING = 64;

/**
 * Reads a whole expression. `column` is the column of its first character; `what` ("address", "port") is for messages.
 * A list without brackets (`a,b`) is a group, as the value of a variable may be written so.
 */
export function parseList(text: string, what: string, column = 1): ListNode {
  const reader = { text, at: 0, what, column };
  const members = readMembers(reader, 0);
  if (reader.at < text.length) {
    throw new RuleError(`unexpected "]" in ${what} "${text}"`, { advice: `remove the "]" or open it with a "["` });
  }
  if (members.length === 1) return members[0]!;
  return { kind: "group", negated: false, members, column };
}

interface Reader {
  readonly text: string;
  at: number;
  readonly what: string;
  readonly column: number;
}

function readMembers(reader: Reader, depth: number): ListNode[] {
  const { text, what } = reader;
  if (depth > MAX_NESTING) throw new RuleError(`${what} groups nest deeper than ${MAX_NESTING}`);
  const members: ListNode[] = [];
  for (;;) {
    members.push(readMember(reader, depth));
    if (text[reader.at] !== ",") return members;
    reader.at += 1;
    skipBlanks(reader);
    // A comma before the closing bracket is common in generated lists and means nothing.
    if (text[reader.at] === "]") return members;
  }
}

function readMember(reader: Reader, depth: number): ListNode {
  const { text, what } = reader;
  skipBlanks(reader);
  const column = reader.column + reader.at;
  let negated = false;
  while (text[reader.at] === "!") {
    negated = true;
    reader.at += 1;
    skipBlanks(reader);
  }
  if (text[reader.at] === "[") {
    reader.at += 1;
    const members = readMembers(reader, depth + 1);
    if (text[reader.at] !== "]") {
      throw new RuleError(`"[" is not closed in ${what} "${text}"`, { advice: `add the missing "]"` });
    }
    reader.at += 1;
    skipBlanks(reader);
    return { kind: "group", negated, members, column };
  }
  const start = reader.at;
  while (reader.at < text.length && !",[]".includes(text[reader.at]!)) reader.at += 1;
  const item = text.slice(start, reader.at).trim();
  if (item === "") throw new RuleError(`empty element in ${what} "${text}"`);
  if (/[\s!]/.test(item)) throw new RuleError(`"${item}" is not a valid ${what}`);
  if (item.startsWith("$")) {
    if (item.length === 1) throw new RuleError(`a variable without a name in ${what} "${text}"`);
    return { kind: "variable", negated, name: item.slice(1), column };
  }
  if (item.toLowerCase() === "any") return { kind: "any", negated, column };
  return { kind: "item", negated, text: item, column };
}

function skipBlanks(reader: Reader): void {
  while (reader.text[reader.at] === " " || reader.text[reader.at] === "\t") reader.at += 1;
}
