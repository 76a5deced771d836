/** A rule with the action, ports and silence that were decided for it. */
import type { ListNode, RuleAst } from "../../../compiler/rule/ast.ts";
import type { Decision } from "./decision.ts";

export function rewrite(rule: RuleAst, decision: Decision): RuleAst {
  const { finalAction: name, ports, silenced } = decision;
  const quiet = { name: "noalert", line: rule.line, column: 1 };
  return {
    ...rule,
    enabled: true,
    action: name === rule.action.name ? rule.action : { ...rule.action, name },
    ...(ports === undefined
      ? {}
      : { sourcePort: narrow(rule.sourcePort, ports), destinationPort: narrow(rule.destinationPort, ports) }),
    ...(silenced ? { options: [...rule.options, quiet] } : {}),
  };
}

/** Port variables that stand for known listeners become these ports. */
function narrow(node: ListNode, ports: Readonly<Record<string, number[]>>): ListNode {
  const { column, negated } = node;
  if (node.kind === "group") return { ...node, members: node.members.map((member) => narrow(member, ports)) };
  if (node.kind !== "variable") return node;
  const name = node.name.replace(/^\$/, "");
  const list = Object.hasOwn(ports, name) ? ports[name] : undefined;
  if (list === undefined) return node;
  const members = list.map((port): ListNode => ({ kind: "item", negated: false, text: String(port), column }));
  return { kind: "group", negated, members, column };
}
