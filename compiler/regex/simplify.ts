/** Rewrites that keep every match and capture: flat sequences, one-byte alternatives as one set, constant repeats. */
import { EMPTY, type Node } from "./ast.ts";
import { ByteSet } from "./byteset.ts";

export function simplify(node: Node): Node {
  switch (node.type) {
    case "sequence": {
      const nodes = node.nodes.map(simplify).flatMap((part) => (part.type === "sequence" ? part.nodes : [part]));
      const kept = nodes.filter((part) => part.type !== "empty");
      return kept.length === 0 ? EMPTY : kept.length === 1 ? kept[0]! : { type: "sequence", nodes: kept };
    }
    case "alternation":
      return alternation(node.nodes.map(simplify));
    case "repeat": {
      const body = simplify(node.node);
      if (node.max === 0 || body.type === "empty") return EMPTY;
      return node.min === 1 && node.max === 1 && node.mode !== "possessive" ? body : { ...node, node: body };
    }
    case "capture":
    case "atomic":
      return { ...node, node: simplify(node.node) };
    case "look":
      return { ...node, node: simplify(node.node) };
    case "conditional": {
      const { condition } = node;
      const simple =
        "look" in condition ? { look: { ...condition.look, node: simplify(condition.look.node) } } : condition;
      return { type: "conditional", condition: simple, yes: simplify(node.yes), no: simplify(node.no) };
    }
    default:
      return node;
  }
}

/** Neighbouring one-byte branches become one set: which of them matched makes no difference. */
function alternation(branches: Node[]): Node {
  const merged: Node[] = [];
  for (const branch of branches) {
    const last = merged.at(-1);
    if (branch.type === "set" && last?.type === "set") {
      merged[merged.length - 1] = { type: "set", set: new ByteSet().addSet(last.set).addSet(branch.set) };
    } else merged.push(branch);
  }
  return merged.length === 1 ? merged[0]! : { type: "alternation", nodes: merged };
}
