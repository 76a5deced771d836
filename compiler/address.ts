/** Address expressions to canonical sets of IPv4 and IPv6 addresses. */
import { parseIPv4, parseIPv6 } from "./ip.ts";
import { equalSets, normalize, type Range, type RangeSet, subtract } from "./ranges.ts";
import type { ListNode } from "./rule/ast.ts";
import { RuleError } from "./rule/problem.ts";
import { VariablePath, type Variables } from "./variables.ts";

/** IPv4 addresses are unsigned 32 bit numbers, IPv6 addresses 128 bit bigints. A family may be empty. */
export interface AddressSet {
  readonly v4: RangeSet<number>;
  readonly v6: RangeSet<bigint>;
}

const MAX_V4 = 0xffff_ffff;
const MAX_V6 = (1n << 128n) - 1n;
const ALL_V4: RangeSet<number> = [[0, MAX_V4]];
const ALL_V6: RangeSet<bigint> = [[0n, MAX_V6]];

export const ANY_ADDRESS: AddressSet = { v4: ALL_V4, v6: ALL_V6 };

/**
 * Evaluates an address expression as Suricata does: positive and negated addresses are collected in two lists, then,
 * family by family, the negated ones are taken from the positive ones. A family with negations only starts from all of
 * its addresses; a family that is not mentioned is empty. So `!10.0.0.0/8` is every other IPv4 address and no IPv6 one.
 * A negated group or variable is evaluated by itself first.
 *
 * @throws RuleError on a bad address, an undefined variable, or when nothing is left
 */
export function addressSet(node: ListNode, variables: Variables): AddressSet {
  if (node.kind === "any" && !node.negated) return ANY_ADDRESS;
  return evaluate(node, variables, new VariablePath());
}

export function isAnyAddress(set: AddressSet): boolean {
  return equalSets(set.v4, ALL_V4) && equalSets(set.v6, ALL_V6);
}

export function equalAddresses(a: AddressSet, b: AddressSet): boolean {
  return equalSets(a.v4, b.v4) && equalSets(a.v6, b.v6);
}

/** Whether a negation stands anywhere in the expression or in the variables it names. */
export function containsNegation(node: ListNode, variables: Variables): boolean {
  if (node.negated) return true;
  if (node.kind === "group") return node.members.some((member) => containsNegation(member, variables));
  return node.kind === "variable" && containsNegation(variables.value(node.name), variables);
}

/** An address, `a/prefix`, IPv4 `a/mask`, or `first-last`. @throws RuleError */
export function parseAddress(text: string): { v4: Range<number> } | { v6: Range<bigint> } {
  return text.includes(":") ? { v6: parseRange6(text) } : { v4: parseRange4(text) };
}

class Lists {
  readonly positive4: Range<number>[] = [];
  readonly negative4: Range<number>[] = [];
  readonly positive6: Range<bigint>[] = [];
  readonly negative6: Range<bigint>[] = [];

  add4(range: Range<number>, negated: boolean): void {
    (negated ? this.negative4 : this.positive4).push(range);
  }

  add6(range: Range<bigint>, negated: boolean): void {
    (negated ? this.negative6 : this.positive6).push(range);
  }
}

function evaluate(node: ListNode, variables: Variables, path: VariablePath): AddressSet {
  const lists = new Lists();
  collect(node, variables, lists, path);
  return merge(lists);
}

function collect(node: ListNode, variables: Variables, lists: Lists, path: VariablePath): void {
  switch (node.kind) {
    case "any":
      lists.add4([0, MAX_V4], node.negated);
      lists.add6([0n, MAX_V6], node.negated);
      return;
    case "item": {
      const parsed = parseAddress(node.text);
      if ("v4" in parsed) lists.add4(parsed.v4, node.negated);
      else lists.add6(parsed.v6, node.negated);
      return;
    }
    case "group":
      if (node.negated) addNegated(evaluate({ ...node, negated: false }, variables, path), lists);
      else for (const member of node.members) collect(member, variables, lists, path);
      return;
    case "variable": {
      path.enter(node.name);
      const value = variables.value(node.name);
      if (node.negated) addNegated(evaluate(value, variables, path), lists);
      else collect(value, variables, lists, path);
      path.leave();
    }
  }
}

function addNegated(set: AddressSet, lists: Lists): void {
  for (const range of set.v4) lists.add4(range, true);
  for (const range of set.v6) lists.add6(range, true);
}

function merge(lists: Lists): AddressSet {
  const negative4 = normalize(lists.negative4);
  if (equalSets(negative4, ALL_V4)) {
    throw new RuleError("the address expression negates every IPv4 address, so the rule could never match", {
      advice: `a variable may stand for "any": "!any" is nothing`,
    });
  }
  const negative6 = normalize(lists.negative6);
  const positive4 = lists.positive4.length === 0 && negative4.length > 0 ? ALL_V4 : normalize(lists.positive4);
  const positive6 = lists.positive6.length === 0 && negative6.length > 0 ? ALL_V6 : normalize(lists.positive6);
  const set = { v4: subtract(positive4, negative4), v6: subtract(positive6, negative6) };
  if (set.v4.length === 0 && set.v6.length === 0) {
    throw new RuleError("no address is left after the negated ones are taken away");
  }
  return set;
}

function parseRange4(text: string): Range<number> {
  const bad = (): RuleError => new RuleError(`"${text}" is not an IPv4 address, network or range`);
  const [first, mask] = splitOnce(text, "/");
  if (mask !== undefined) {
    const address = parseIPv4(first);
    const bits = mask.includes(".") ? parseIPv4(mask) : prefixMask4(mask);
    if (address === undefined || bits === undefined) throw bad();
    const low = (address & bits) >>> 0;
    return [low, (low | ~bits) >>> 0];
  }
  const [from, to] = splitOnce(text, "-");
  const low = parseIPv4(from);
  const high = to === undefined ? low : parseIPv4(to);
  if (low === undefined || high === undefined) throw bad();
  if (low > high) throw new RuleError(`address range "${text}" goes down`);
  return [low, high];
}

function prefixMask4(text: string): number | undefined {
  if (!/^\d{1,2}$/.test(text) || Number(text) > 32) return undefined;
  const prefix = Number(text);
  return prefix === 0 ? 0 : (MAX_V4 << (32 - prefix)) >>> 0;
}

function parseRange6(text: string): Range<bigint> {
  const bad = (): RuleError => new RuleError(`"${text}" is not an IPv6 address, network or range`);
  const [first, prefix] = splitOnce(text, "/");
  if (prefix !== undefined) {
    const address = parseIPv6(first);
    if (address === undefined || !/^\d{1,3}$/.test(prefix) || Number(prefix) > 128) throw bad();
    const host = (1n << BigInt(128 - Number(prefix))) - 1n;
    return [address & ~host & MAX_V6, address | host];
  }
  const [from, to] = splitOnce(text, "-");
  const low = parseIPv6(from);
  const high = to === undefined ? low : parseIPv6(to);
  if (low === undefined || high === undefined) throw bad();
  if (low > high) throw new RuleError(`address range "${text}" goes down`);
  return [low, high];
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
