/**
 * What the engine needs of the assignments: which rules are in force, as what, on which ports. The host writes the rules of a
 * policy from its rule files (`renderRules`), compiles them and swaps the database.
 */
import type { ListNode, RuleAst } from "../../compiler/rule/ast.ts";
import { parseRules, sidOf } from "../../compiler/rule/parser.ts";
import { type AssignmentFile, isActive, ruleKey } from "./types.ts";

export interface EngineRule {
  gid: number;
  sid: number;
  action: "alert" | "drop";
  /** Variables of the rule's ports to replace by these. */
  ports?: Record<string, number[]>;
}

export interface EnginePolicy {
  schema: "vpatch-engine-policy/1";
  updated: string;
  rules: EngineRule[];
}

export function enginePolicy(file: AssignmentFile): EnginePolicy {
  const rules = file.assignments.filter(isActive).map(({ gid, sid, mode, ports }): EngineRule => {
    return { gid, sid, action: mode === "prevent" ? "drop" : "alert", ...(ports ? { ports } : {}) };
  });
  return { schema: "vpatch-engine-policy/1", updated: file.updated, rules };
}

export interface RenderedRules {
  /** Rule file with the rules in force, in the order of the sources. */
  text: string;
  /** Rules of the policy that no source has any more: they cannot be in force. */
  missing: EngineRule[];
}

/** Picks the rules of a policy out of rule files, with their action and ports set. Commented-out rules come alive. */
export function renderRules(policy: EnginePolicy, sources: Iterable<{ file: string; text: string }>): RenderedRules {
  const wanted = new Map(policy.rules.map((rule) => [ruleKey(rule), rule]));
  const lines = new Map<string, string>();
  for (const { file, text } of sources) {
    for (const ast of parseRules(file, text, true).rules) {
      const sid = sidOf(ast.options);
      const gid = Number(ast.options.find(({ name }) => name.toLowerCase() === "gid")?.value ?? 1);
      const key = ruleKey({ gid, sid: sid ?? 0 });
      const rule = wanted.get(key);
      // A newer copy of a rule replaces an older one, as in the engine.
      if (rule && (ast.enabled || !lines.has(key))) lines.set(key, renderRule(ast, rule));
    }
  }
  const missing = policy.rules.filter((rule) => !lines.has(ruleKey(rule)));
  return { text: [...lines.values(), ""].join("\n"), missing };
}

/** The rule's own `pass` stays: it was written to except something. */
function renderRule(ast: RuleAst, { action, ports }: EngineRule): string {
  const noalert = ast.options.some(
    ({ name, value }) =>
      name.toLowerCase() === "noalert" || (name.toLowerCase() === "flowbits" && value?.trim() === "noalert"),
  );
  const verb = ast.action.name === "pass" ? "pass" : noalert ? "alert" : action;
  const protocol = ast.protocol.hook ? `${ast.protocol.name}:${ast.protocol.hook}` : ast.protocol.name;
  const body = ast.text.slice(ast.text.indexOf("("));
  const head = [
    verb,
    protocol,
    renderList(ast.source),
    renderList(ast.sourcePort, ports),
    ast.direction,
    renderList(ast.destination),
    renderList(ast.destinationPort, ports),
  ];
  return `${head.join(" ")} ${body}`;
}

function renderList(node: ListNode, ports: Record<string, number[]> = {}): string {
  const sign = node.negated ? "!" : "";
  switch (node.kind) {
    case "any":
      return `${sign}any`;
    case "item":
      return sign + node.text;
    case "variable": {
      const name = node.name.replace(/^\$/, "");
      const narrowed = Object.hasOwn(ports, name) ? ports[name] : undefined;
      return narrowed ? `${sign}[${narrowed.join(",")}]` : `${sign}$${name}`;
    }
    case "group":
      return `${sign}[${node.members.map((member) => renderList(member, ports)).join(",")}]`;
  }
}
