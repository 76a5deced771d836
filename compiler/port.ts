/** Port expressions to canonical sets of ports. */
import { normalize, type Range, type RangeSet, subtract } from "./ranges.ts";
import type { ListNode } from "./rule/ast.ts";
import { RuleError } from "./rule/problem.ts";
import { VariablePath, type Variables } from "./variables.ts";

export type PortSet = RangeSet<number>;

export const ANY_PORT: PortSet = [[0, 65535]];

/**
 * Evaluates a port expression as Suricata does: what is not negated and what is negated are collected in two lists
 * through all groups and variables (a negation inside a negated group turns back), then the second is taken from the
 * first. Only negations means all other ports.
 *
 * @throws RuleError on a bad port, an undefined variable, or when nothing is left
 */
export function portSet(node: ListNode, variables: Variables): PortSet {
  if (node.kind === "any" && !node.negated) return ANY_PORT;
  const lists = { positive: [] as Range<number>[], negative: [] as Range<number>[] };
  collect(node, variables, lists, false, new VariablePath());
  const negative = normalize(lists.negative);
  const positive = lists.positive.length === 0 ? ANY_PORT : normalize(lists.positive);
  const result = negative.length === 0 ? positive : subtract(positive, negative);
  if (result.length === 0) {
    throw new RuleError("the port expression negates every port, so the rule could never match");
  }
  return result;
}

/** `80`, `1024:`, `:1023`, `1:1024`. @throws RuleError */
export function parsePort(text: string): Range<number> {
  const found = /^(\d{0,5})(?:(:)(\d{0,5}))?$/.exec(text);
  if (found === null || text === ":") throw new RuleError(`"${text}" is not a port`);
  const low = found[1] === "" ? 0 : Number(found[1]);
  const high = found[2] === undefined ? low : found[3] === "" ? 65535 : Number(found[3]);
  if (low > 65535 || high > 65535) throw new RuleError(`port "${text}" is above 65535`);
  if (low > high) throw new RuleError(`port range "${text}" goes down`, { advice: `write ${high}:${low}` });
  return [low, high];
}

interface Lists {
  readonly positive: Range<number>[];
  readonly negative: Range<number>[];
}

function collect(node: ListNode, variables: Variables, lists: Lists, outer: boolean, path: VariablePath): void {
  switch (node.kind) {
    case "group": {
      // Suricata: inside a negated group a nested group stays negated; only a single port turns back.
      const negated = outer || node.negated;
      for (const member of node.members) collect(member, variables, lists, negated, path);
      return;
    }
    case "variable": {
      path.enter(node.name);
      collect(variables.value(node.name), variables, lists, outer !== node.negated, path);
      path.leave();
      return;
    }
    default: {
      const range: Range<number> = node.kind === "any" ? [0, 65535] : parsePort(node.text);
      (outer !== node.negated ? lists.negative : lists.positive).push(range);
    }
  }
}
