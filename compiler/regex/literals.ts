/** Literal bytes that every match of a pattern contains: what a prefilter may look for before the pattern runs. */
import { type Node, widthOf } from "./ast.ts";
import { type Literal, literalRun } from "./codegen.ts";

/** `bytes` occur in every match; where `masks` is 0x20 the byte is a lower-case letter that matches either case. */
export interface RequiredLiteral extends Literal {
  /** Least and greatest distance from the start of the match; `maxOffset` is Infinity when unknown. */
  minOffset: number;
  maxOffset: number;
}

export interface PatternLiterals {
  /** In the order of the pattern. */
  required: RequiredLiteral[];
  /** The match begins with this literal. */
  prefix: RequiredLiteral | undefined;
  /** The match ends with this literal. */
  suffix: RequiredLiteral | undefined;
  /** The pattern is one literal and nothing else. */
  exact: boolean;
}

export function literalsOf(root: Node): PatternLiterals {
  const required: RequiredLiteral[] = [];
  const end = collect(root, { min: 0, max: 0 }, required);
  const whole = widthOf(root);
  const prefix = required.find((literal) => literal.maxOffset === 0);
  const last = required.at(-1);
  const reachesEnd =
    last !== undefined &&
    last.minOffset + last.bytes.length === end.min &&
    last.maxOffset + last.bytes.length === end.max;
  const exact = (root.type === "set" || root.type === "sequence") && prefix?.bytes.length === whole.max;
  return {
    required,
    prefix,
    suffix: reachesEnd && endsLiterally(root) ? last : undefined,
    exact: exact && onlySets(root),
  };
}

function onlySets(node: Node): boolean {
  return node.type === "set" || (node.type === "sequence" && node.nodes.every((part) => part.type === "set"));
}

function endsLiterally(node: Node): boolean {
  if (node.type === "sequence") return endsLiterally(node.nodes.at(-1)!);
  if (node.type === "capture" || node.type === "atomic") return endsLiterally(node.node);
  return node.type === "set";
}

interface Offset {
  min: number;
  max: number;
}

/** Adds the literals of `node`, which begins at `offset`; gives where it ends. */
function collect(node: Node, offset: Offset, found: RequiredLiteral[]): Offset {
  const width = widthOf(node);
  const end = { min: offset.min + width.min, max: offset.max + width.max };
  if (node.type === "capture" || node.type === "atomic") collect(node.node, offset, found);
  else if (node.type === "repeat" && node.min > 0) collect(node.node, offset, found);
  else if (node.type === "set") addRun([node], 0, offset, found);
  else if (node.type === "sequence") {
    let at = offset;
    for (let i = 0; i < node.nodes.length; ) {
      const length = addRun(node.nodes, i, at, found);
      at = length > 0 ? { min: at.min + length, max: at.max + length } : collect(node.nodes[i]!, at, found);
      i += Math.max(length, 1);
    }
  }
  return end;
}

function addRun(nodes: Node[], from: number, offset: Offset, found: RequiredLiteral[]): number {
  const run = literalRun(nodes, from);
  if (run.bytes.length > 0) found.push({ ...run, minOffset: offset.min, maxOffset: offset.max });
  return run.bytes.length;
}

/** The literal whose absence is the cheapest and surest refusal: long, and not only of common bytes. */
export function strongest(literals: RequiredLiteral[]): RequiredLiteral | undefined {
  let best: RequiredLiteral | undefined;
  let bestScore = 0;
  for (const literal of literals) {
    const score = literal.bytes.reduce((sum, byte, i) => sum + (COMMON.has(byte) ? 1 : literal.masks[i] ? 2 : 3), 0);
    if (score > bestScore) [best, bestScore] = [literal, score];
  }
  return best;
}

const COMMON = new Set([0, 10, 13, 32, 34, 46, 47, 58, 61, 101, 116, 97, 255]);
