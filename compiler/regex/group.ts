/** What an opening parenthesis may begin. */
import { type Condition, childrenOf, EMPTY, type LookNode, type Node, widthOf } from "./ast.ts";
import { RegexError } from "./error.ts";
import type { Cursor } from "./escapes.ts";
import type { Modifiers } from "./modifiers.ts";

/** What a group needs of the parser of the whole pattern. */
export interface PatternParser {
  readonly cursor: Cursor;
  modifiers: Modifiers;
  /** Capturing groups opened so far. */
  captures: number;
  readonly names: Map<string, number>;
  /** Branches up to the closing parenthesis or the end. Modifiers set inside hold up to there. */
  alternation(onBranch?: () => void): Node;
  branches(onBranch?: () => void): Node[];
  /** Steps over the closing parenthesis. */
  close(): void;
  /** A back reference to a group that may come later. */
  reference(name: string | number): Node;
  /** Fills in `node.group` at the end, when all groups are known. */
  refer(node: { group: number }, name: string | number): void;
  /** Turns a possibly signed group number into an absolute one. */
  relative(sign: string, digits: string): number;
}

const LOOK_AROUND: [string, { behind: boolean; negative: boolean }][] = [
  ["?=", { behind: false, negative: false }],
  ["?!", { behind: false, negative: true }],
  ["?<=", { behind: true, negative: false }],
  ["?<!", { behind: true, negative: true }],
  ["*pla:", { behind: false, negative: false }],
  ["*positive_lookahead:", { behind: false, negative: false }],
  ["*nla:", { behind: false, negative: true }],
  ["*negative_lookahead:", { behind: false, negative: true }],
  ["*plb:", { behind: true, negative: false }],
  ["*positive_lookbehind:", { behind: true, negative: false }],
  ["*nlb:", { behind: true, negative: true }],
  ["*negative_lookbehind:", { behind: true, negative: true }],
];

const LETTERS: Readonly<Record<string, keyof Modifiers>> = {
  i: "caseless",
  m: "multiline",
  s: "dotAll",
  x: "extended",
  n: "noAutoCapture",
  U: "ungreedy",
  J: "duplicateNames",
};

/** Parses a group; the cursor stands behind `(` and ends behind `)`. Undefined for `(?i)` and the like. */
export function parseGroup(parser: PatternParser): Node | undefined {
  const { cursor } = parser;
  if (cursor.peek() !== "?" && cursor.peek() !== "*") {
    return parser.modifiers.noAutoCapture ? plain(parser) : capture(parser);
  }
  const look = parseLook(parser);
  if (look) return look;
  if (cursor.take("*")) return verb(parser);
  cursor.next();
  if (cursor.take(":")) return plain(parser);
  if (cursor.take(">")) return atomic(parser);
  if (cursor.take("|")) return branchReset(parser);
  if (cursor.take("(")) return conditional(parser);
  const name = cursor.match(/P?<(\w*)>|'(\w*)'/y);
  if (name) return capture(parser, name[1] ?? name[2]!);
  const reference = cursor.match(/P=(\w+)\)/y);
  if (reference) return parser.reference(reference[1]!);
  if (/[R&+\d]|P>|-\d/y.test(cursor.text.slice(cursor.at, cursor.at + 2))) {
    return cursor.fail("recursion and subroutine calls are not supported");
  }
  if (cursor.peek() === "C") return cursor.fail("callouts are not supported");
  return modifierGroup(parser);
}

function parseLook(parser: PatternParser): LookNode | undefined {
  const from = parser.cursor.at;
  for (const [opening, kind] of LOOK_AROUND) {
    if (!parser.cursor.take(opening)) continue;
    const node = plain(parser);
    if (kind.behind) checkFixedWidth(node, from - 1);
    return { type: "look", ...kind, node };
  }
  return undefined;
}

function checkFixedWidth(node: Node, position: number): void {
  for (const branch of node.type === "alternation" ? node.nodes : [node]) {
    const { min, max } = widthOf(branch);
    if (min !== max || varies(branch)) throw new RegexError("lookbehind assertion is not fixed length", position);
  }
}

/** Whether a repeat may take more or fewer turns, even of something without width. Nested look-arounds may. */
function varies(node: Node): boolean {
  if (node.type === "look" || (node.type === "repeat" && node.node.type === "look")) return false;
  return (node.type === "repeat" && node.min !== node.max) || childrenOf(node).some(varies);
}

function verb(parser: PatternParser): Node {
  const { cursor } = parser;
  if (cursor.take("atomic:")) return atomic(parser);
  if (cursor.match(/(?:FAIL|F)\)/y)) return { type: "fail" };
  return cursor.fail("(*VERB) is not supported");
}

function plain(parser: PatternParser): Node {
  const node = parser.alternation();
  parser.close();
  return node;
}

function atomic(parser: PatternParser): Node {
  return { type: "atomic", node: plain(parser) };
}

function capture(parser: PatternParser, name?: string): Node {
  const index = ++parser.captures;
  if (name !== undefined) declare(parser, name, index);
  return { type: "capture", index, node: plain(parser) };
}

function declare(parser: PatternParser, name: string, index: number): void {
  const { cursor, names } = parser;
  if (!/^[A-Za-z_]\w{0,31}$/.test(name))
    cursor.fail("group name must start with a non-digit and have 1 to 32 characters");
  const known = names.get(name);
  if (known !== undefined && known !== index) {
    if (parser.modifiers.duplicateNames) cursor.fail("two groups of one name are not supported");
    cursor.fail("two named groups have the same name");
  }
  names.set(name, index);
}

/** `(?|...)`: every branch numbers its groups from the same start. */
function branchReset(parser: PatternParser): Node {
  const start = parser.captures;
  let highest = start;
  const node = parser.alternation(() => {
    highest = Math.max(highest, parser.captures);
    parser.captures = start;
  });
  parser.captures = Math.max(highest, parser.captures);
  parser.close();
  return node;
}

function conditional(parser: PatternParser): Node {
  const condition = parseCondition(parser);
  const branches = parser.branches();
  parser.close();
  if (branches.length > 2) parser.cursor.fail("conditional group has more than two branches");
  if ("never" in condition) return EMPTY;
  return { type: "conditional", condition, yes: branches[0]!, no: branches[1] ?? EMPTY };
}

function parseCondition(parser: PatternParser): Condition {
  const { cursor } = parser;
  const look = parseLook(parser);
  if (look) return { look };
  if (cursor.take("DEFINE)")) return { never: true };
  const number = cursor.match(/([-+]?)(\d+)\)/y);
  const name = number ? null : cursor.match(/(?:<(\w+)>|'(\w+)'|(\w+))\)/y);
  const condition = { group: 0 };
  if (number) parser.refer(condition, parser.relative(number[1]!, number[2]!));
  else if (name) parser.refer(condition, name[1] ?? name[2] ?? name[3]!);
  else cursor.fail("malformed condition of a conditional group");
  return condition;
}

/** `(?im-sx)` up to the end of the enclosing group, `(?im-sx:...)` for its own content. */
function modifierGroup(parser: PatternParser): Node | undefined {
  const { cursor } = parser;
  const changed: Modifiers = { ...parser.modifiers };
  if (cursor.take("^")) {
    for (const key of ["caseless", "multiline", "dotAll", "extended", "extendedMore", "noAutoCapture"] as const) {
      changed[key] = false;
    }
  }
  let on = true;
  for (;;) {
    const letter = cursor.next();
    if (letter === ")") {
      Object.assign(parser.modifiers, changed);
      return undefined;
    }
    if (letter === ":") {
      const outer = parser.modifiers;
      parser.modifiers = changed;
      const node = plain(parser);
      parser.modifiers = outer;
      return node;
    }
    const key = LETTERS[letter];
    if (letter === "-" && on) on = false;
    else if (!key) cursor.fail("unrecognized character after (?");
    else changed[key] = on;
    if (letter === "x") changed.extendedMore = on && cursor.take("x");
  }
}
