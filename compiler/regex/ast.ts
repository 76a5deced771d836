/** The parsed pattern: modifiers are already applied, so a node means the same wherever it stands. */
import { RegexAssert } from "../../assembly/abi/regex.ts";
import { ByteSet } from "./byteset.ts";

export type RepeatMode = "greedy" | "lazy" | "possessive";

/** What a conditional group asks: a group number, or a look-around. `never` is DEFINE. */
export type Condition = { group: number } | { look: LookNode } | { never: true };

export interface LookNode {
  type: "look";
  behind: boolean;
  negative: boolean;
  node: Node;
}

export type Node =
  | { type: "empty" }
  | { type: "fail" }
  | { type: "set"; set: ByteSet }
  | { type: "sequence"; nodes: Node[] }
  | { type: "alternation"; nodes: Node[] }
  | { type: "capture"; index: number; node: Node }
  /** `max` is Infinity for no bound. */
  | { type: "repeat"; node: Node; min: number; max: number; mode: RepeatMode }
  | { type: "assert"; kind: RegexAssert }
  | LookNode
  | { type: "atomic"; node: Node }
  | { type: "reference"; group: number; fold: boolean }
  | { type: "conditional"; condition: Condition; yes: Node; no: Node }
  /** `\K`: the match begins here. */
  | { type: "keep" };

export const EMPTY: Node = { type: "empty" };

/** Fewest and most bytes a node consumes. */
export interface Width {
  min: number;
  max: number;
}

export function widthOf(node: Node): Width {
  switch (node.type) {
    case "set":
      return { min: 1, max: 1 };
    case "sequence":
      return node.nodes.map(widthOf).reduce((a, b) => ({ min: a.min + b.min, max: a.max + b.max }), { min: 0, max: 0 });
    case "alternation":
      return either(node.nodes.map(widthOf));
    case "capture":
    case "atomic":
      return widthOf(node.node);
    case "repeat": {
      const body = widthOf(node.node);
      return { min: body.min * node.min, max: body.max === 0 || node.max === 0 ? 0 : body.max * node.max };
    }
    case "conditional":
      return either([widthOf(node.yes), widthOf(node.no)]);
    case "reference":
      return { min: 0, max: Number.POSITIVE_INFINITY };
    default:
      return { min: 0, max: 0 };
  }
}

function either(widths: Width[]): Width {
  return { min: Math.min(...widths.map((w) => w.min)), max: Math.max(...widths.map((w) => w.max)) };
}

/** The direct parts of a node. */
export function childrenOf(node: Node): Node[] {
  switch (node.type) {
    case "sequence":
    case "alternation":
      return node.nodes;
    case "capture":
    case "atomic":
    case "repeat":
    case "look":
      return [node.node];
    case "conditional":
      return "look" in node.condition ? [node.condition.look, node.yes, node.no] : [node.yes, node.no];
    default:
      return [];
  }
}

/** Whether the node or any part of it satisfies the test. */
export function contains(node: Node, test: (node: Node) => boolean): boolean {
  return test(node) || childrenOf(node).some((child) => contains(child, test));
}

/** The bytes a piece of pattern may begin with; `end`: it may also succeed at the end of the subject. */
export interface First {
  set: ByteSet;
  end: boolean;
}

export const ANYTHING: First = { set: ByteSet.all(), end: true };

/** First bytes of `node` followed by what begins with `follow`. An over-approximation: assertions are taken to hold. */
export function firstOf(node: Node, follow: First): First {
  switch (node.type) {
    case "set":
      return { set: node.set, end: false };
    case "fail":
      return { set: new ByteSet(), end: false };
    case "sequence":
      return node.nodes.reduceRight((after, part) => firstOf(part, after), follow);
    case "alternation":
      return union(node.nodes.map((branch) => firstOf(branch, follow)));
    case "capture":
    case "atomic":
      return firstOf(node.node, follow);
    case "repeat": {
      if (node.max === 0) return follow;
      const body =
        widthOf(node.node).min > 0 ? firstOf(node.node, follow) : union([firstOf(node.node, follow), follow]);
      return node.min === 0 ? union([body, follow]) : body;
    }
    case "conditional":
      return union([firstOf(node.yes, follow), firstOf(node.no, follow)]);
    case "reference":
      return ANYTHING;
    case "assert":
      return firstOfAssert(node.kind, follow);
    default:
      return follow;
  }
}

function firstOfAssert(kind: RegexAssert, follow: First): First {
  if (kind === RegexAssert.SubjectEnd) return { set: new ByteSet(), end: follow.end };
  if (kind !== RegexAssert.SubjectEndNewline && kind !== RegexAssert.LineEnd) return follow;
  return { set: follow.set.has(10) ? ByteSet.of(10) : new ByteSet(), end: follow.end };
}

export function union(parts: First[]): First {
  const set = new ByteSet();
  for (const part of parts) set.addSet(part.set);
  return { set, end: parts.some((part) => part.end) };
}
