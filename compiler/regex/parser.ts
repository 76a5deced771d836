/**
 * The pattern language of PCRE2, bytes only (no UTF, no Unicode properties), newline LF, `\R` any Unicode newline:
 * the way Suricata compiles the patterns of rules. Source: pcre2pattern(3).
 *
 * Not supported: recursion and subroutine calls, callouts, verbs other than (*FAIL), \p \P \X.
 */
import { RegexAssert } from "../../assembly/abi/regex.ts";
import { EMPTY, type Node, type RepeatMode } from "./ast.ts";
import { ByteSet, ESCAPE_CLASSES, NOT_NEWLINE } from "./byteset.ts";
import { parseClass } from "./class.ts";
import { RegexError } from "./error.ts";
import { byteOfEscape, Cursor, octal } from "./escapes.ts";
import { type PatternParser, parseGroup } from "./group.ts";
import type { Modifiers } from "./modifiers.ts";

export interface ParsedPattern {
  node: Node;
  captures: number;
  names: Map<string, number>;
}

interface PendingReference {
  node: { group: number };
  name: string | number;
  position: number;
}

const NESTING_LIMIT = 250;
const REPEAT_LIMIT = 65535;

export class Parser implements PatternParser {
  readonly cursor: Cursor;
  modifiers: Modifiers;
  captures = 0;
  readonly names = new Map<string, number>();
  private readonly pending: PendingReference[] = [];
  private depth = 0;

  constructor(pattern: string, modifiers: Modifiers) {
    this.cursor = new Cursor(pattern);
    this.modifiers = modifiers;
  }

  parse(): ParsedPattern {
    const node = this.alternation();
    if (!this.cursor.done) this.cursor.fail("unmatched closing parenthesis");
    for (const { node, name, position } of this.pending) {
      const group = typeof name === "number" ? name : this.names.get(name);
      if (group === undefined || group > this.captures) {
        throw new RegexError(`reference to non-existent group ${name}`, position, true);
      }
      node.group = group;
    }
    return { node, captures: this.captures, names: this.names };
  }

  alternation(onBranch?: () => void): Node {
    const branches = this.branches(onBranch);
    return branches.length === 1 ? branches[0]! : { type: "alternation", nodes: branches };
  }

  branches(onBranch?: () => void): Node[] {
    if (++this.depth > NESTING_LIMIT) this.cursor.fail("parentheses are too deeply nested");
    const outer = this.modifiers;
    this.modifiers = { ...outer };
    const branches: Node[] = [];
    do {
      onBranch?.();
      branches.push(this.sequence());
    } while (this.cursor.take("|"));
    this.modifiers = outer;
    this.depth--;
    return branches;
  }

  refer(node: { group: number }, name: string | number): void {
    this.pending.push({ node, name, position: this.cursor.at });
  }

  close(): void {
    if (!this.cursor.take(")")) this.cursor.fail("missing closing parenthesis");
  }

  literal(byte: number): Node {
    const set = ByteSet.of(byte);
    return { type: "set", set: this.modifiers.caseless ? set.fold() : set };
  }

  private sequence(): Node {
    const nodes: Node[] = [];
    const { cursor } = this;
    while (!cursor.done && cursor.peek() !== "|" && cursor.peek() !== ")") {
      if (this.skipIgnored()) continue;
      const item = this.item(nodes);
      if (!item) continue;
      while (this.skipIgnored());
      nodes.push(item.repeatable ? this.quantified(item.node) : item.node);
    }
    return nodes.length === 1 ? nodes[0]! : nodes.length === 0 ? EMPTY : { type: "sequence", nodes };
  }

  /** White space and comments under x, `(?#...)`, and `\E` without `\Q`. */
  private skipIgnored(): boolean {
    const { cursor } = this;
    if (this.modifiers.extended && cursor.match(/[\t-\r ]+|#[^\n]*\n?/y)) return true;
    if (cursor.take("\\E") || cursor.take("\\Q\\E")) return true;
    if (!cursor.take("(?#")) return false;
    if (!cursor.match(/[^)]*\)/y)) cursor.fail("missing ) after (?# comment");
    return true;
  }

  /** One item without its quantifier; undefined for those that leave nothing behind, such as `(?i)`. */
  private item(before: Node[]): { node: Node; repeatable: boolean } | undefined {
    const { cursor, modifiers } = this;
    if (cursor.take("\\Q")) return this.quoted(before);
    const repeatCount = cursor.match(/[*+?]|\{\d+(?:,\d*)?\}/y);
    if (repeatCount) return cursor.fail("quantifier does not follow a repeatable item");
    const char = cursor.next();
    switch (char) {
      case "^":
        return assertion(modifiers.multiline ? RegexAssert.LineStart : RegexAssert.SubjectStart);
      case "$":
        if (modifiers.multiline) return assertion(RegexAssert.LineEnd);
        return assertion(modifiers.dollarEndOnly ? RegexAssert.SubjectEnd : RegexAssert.SubjectEndNewline);
      case ".":
        return repeatable({ type: "set", set: modifiers.dotAll ? ByteSet.all() : NOT_NEWLINE });
      case "[":
        return repeatable({ type: "set", set: this.bracket() });
      case "(": {
        const node = parseGroup(this);
        return node && repeatable(node);
      }
      case "\\":
        return this.escape();
      default:
        return repeatable(this.literal(char.charCodeAt(0)));
    }
  }

  private bracket(): ByteSet {
    const { cursor, modifiers } = this;
    if (/\[:[^\]\\]*:\]/y.test(cursor.text.slice(cursor.at - 1))) {
      cursor.fail("POSIX named classes are supported only within a class");
    }
    return parseClass(cursor, modifiers.caseless, modifiers.extendedMore);
  }

  /** `\Q...\E`: a quantifier behind it belongs to the last character. */
  private quoted(before: Node[]): { node: Node; repeatable: boolean } | undefined {
    const [, text] = this.cursor.match(/([\s\S]*?)(?:\\E|$)/y)!;
    const bytes = [...text!].map((char) => this.literal(char.charCodeAt(0)));
    const last = bytes.pop();
    before.push(...bytes);
    return last && repeatable(last);
  }

  private escape(): { node: Node; repeatable: boolean } {
    const { cursor, modifiers } = this;
    const letter = cursor.next();
    switch (letter) {
      case "":
        return cursor.fail("\\ at end of pattern");
      case "b":
        return assertion(RegexAssert.WordBoundary);
      case "B":
        return assertion(RegexAssert.NotWordBoundary);
      case "A":
        return assertion(RegexAssert.SubjectStart);
      case "z":
        return assertion(RegexAssert.SubjectEnd);
      case "Z":
        return assertion(RegexAssert.SubjectEndNewline);
      case "G":
        return assertion(RegexAssert.SearchStart);
      case "K":
        return { node: { type: "keep" }, repeatable: false };
      case "N":
        return repeatable({ type: "set", set: NOT_NEWLINE });
      case "C":
        return repeatable({ type: "set", set: ByteSet.all() });
      case "R":
        return repeatable(newlineSequence());
      case "g":
      case "k":
        return repeatable(this.namedReference(letter));
    }
    if (letter >= "1" && letter <= "9") return repeatable(this.numbered(letter));
    const named = ESCAPE_CLASSES.get(letter);
    if (named) return repeatable({ type: "set", set: named });
    const byte = byteOfEscape(letter, cursor);
    if (byte === undefined) return cursor.fail(`unrecognized or unsupported escape \\${letter}`);
    return repeatable({ type: "set", set: modifiers.caseless ? ByteSet.of(byte).fold() : ByteSet.of(byte) });
  }

  /** `\1`: a reference below 10, with an 8 or 9 in front, or when that many groups came before; else octal. */
  private numbered(letter: string): Node {
    const { cursor } = this;
    const from = cursor.at;
    const value = Number.parseInt(letter + cursor.match(/\d*/y)![0], 10);
    if (value < 10 || letter >= "8" || value <= this.captures) return this.reference(value);
    cursor.at = from;
    return this.literal(octal(letter, cursor));
  }

  /** `\g1 \g{1} \g{-1} \g{name} \k<name> \k'name' \k{name}` */
  private namedReference(letter: string): Node {
    const { cursor } = this;
    if (letter === "g") {
      const number = cursor.match(/(?:\{([-+]?)(\d+)\}|([-+]?)(\d+))/y);
      if (number) return this.reference(this.relative(number[1] || number[3] || "", number[2] ?? number[4]!));
    }
    const name = cursor.match(letter === "g" ? /\{([A-Za-z_]\w*)\}/y : /(?:\{(\w+)\}|<(\w+)>|'(\w+)')/y);
    if (!name) return cursor.fail(`\\${letter} is not followed by a group name or number`);
    return this.reference(name[1] ?? name[2] ?? name[3]!);
  }

  relative(sign: string, digits: string): number {
    const value = Number.parseInt(digits, 10);
    if (sign === "-" && value > this.captures) {
      throw new RegexError("reference to non-existent group", this.cursor.at, true);
    }
    return sign === "-" ? this.captures + 1 - value : sign === "+" ? this.captures + value : value;
  }

  reference(name: string | number): Node {
    const node = { type: "reference" as const, group: 0, fold: this.modifiers.caseless };
    this.refer(node, name);
    return node;
  }

  private quantified(node: Node): Node {
    const { cursor } = this;
    const found = cursor.match(/([*+?])|\{(\d+)(?:(,)(\d*))?\}/y);
    if (!found) return node;
    const [, sign, from, comma, to] = found;
    const min = sign ? (sign === "+" ? 1 : 0) : Number(from);
    const max = sign ? (sign === "?" ? 1 : Number.POSITIVE_INFINITY) : upperBound(min, comma, to);
    if (min > REPEAT_LIMIT || (max > REPEAT_LIMIT && max !== Number.POSITIVE_INFINITY)) {
      cursor.fail("number too big in {} quantifier");
    }
    if (max < min) cursor.fail("numbers out of order in {} quantifier");
    const lazy = this.modifiers.ungreedy ? "greedy" : "lazy";
    const greedy = this.modifiers.ungreedy ? "lazy" : "greedy";
    if (this.modifiers.extended) cursor.match(/(?:[\t-\r ]+|#[^\n]*\n)+(?=[+?])/y);
    const mode: RepeatMode = cursor.take("+") ? "possessive" : cursor.take("?") ? lazy : greedy;
    if (node.type === "look") return min > 0 ? node : { type: "repeat", node, min: 0, max: Math.min(max, 1), mode };
    return { type: "repeat", node, min, max, mode };
  }
}

function upperBound(min: number, comma: string | undefined, to: string | undefined): number {
  if (!comma) return min;
  return to ? Number(to) : Number.POSITIVE_INFINITY;
}

function repeatable(node: Node): { node: Node; repeatable: boolean } {
  return { node, repeatable: true };
}

function assertion(kind: RegexAssert): { node: Node; repeatable: boolean } {
  return { node: { type: "assert", kind }, repeatable: false };
}

function newlineSequence(): Node {
  const pair: Node = {
    type: "sequence",
    nodes: [13, 10].map((byte) => ({ type: "set", set: ByteSet.of(byte) })),
  };
  return {
    type: "atomic",
    node: { type: "alternation", nodes: [pair, { type: "set", set: ESCAPE_CLASSES.get("v")! }] },
  };
}
