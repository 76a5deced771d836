/** What a policy can know of a rule before it is compiled. */
import { basename } from "node:path";
import type { Classifications } from "../../../compiler/index.ts";
import type { OptionAst, RuleAst } from "../../../compiler/rule/ast.ts";
import { type RuleSummary, summarize } from "../../../scan/rules/summary.ts";
import type { Mode } from "./policy.ts";

export interface RuleFacts extends RuleSummary {
  /** Where it stands; `line` counts from 1. */
  file: string;
  line: number;
  /** Name of its file without folder and `.rules`: `emerging-exploit`. */
  group: string;
  /** The class's description. */
  category: string;
  /** 1 is the most urgent; 3 when neither the rule nor its class says. */
  severity: number;
  /** Every key of its metadata. */
  allMetadata: ReadonlyMap<string, readonly string[]>;
  /** `metadata: vpatch_mode detect` (or prevent): the rule's own mode. */
  ownMode?: Mode;
  /** `metadata: vpatch_posture normal` (or strict), of rules for protocol violations. */
  posture?: string;
}

/** `undefined` for a rule without sid: the compiler refuses it. */
export function factsOf(ast: RuleAst, classifications: Classifications): RuleFacts | undefined {
  const summary = summarize(ast);
  if (summary === undefined) return undefined;
  const known = classifications.get(summary.classtype.toLowerCase());
  const priority = Number(valuesOf(ast.options, "priority")[0]);
  const allMetadata = metadataOf(ast.options);
  const mode = allMetadata.get("vpatch_mode")?.at(-1);
  const posture = allMetadata.get("vpatch_posture")?.at(-1);
  return {
    ...summary,
    file: ast.file,
    line: ast.line,
    group: basename(ast.file).replace(/\.rules$/, ""),
    category: known?.description ?? "",
    severity: priority > 0 ? priority : (known?.priority ?? 3),
    allMetadata,
    ...(mode === "detect" || mode === "prevent" ? { ownMode: mode } : {}),
    ...(posture === undefined ? {} : { posture }),
  };
}

function valuesOf(options: readonly OptionAst[], keyword: string): string[] {
  return options.filter(({ name }) => name.toLowerCase() === keyword).map(({ value }) => value ?? "");
}

function metadataOf(options: readonly OptionAst[]): Map<string, string[]> {
  const metadata = new Map<string, string[]>();
  for (const pair of valuesOf(options, "metadata").flatMap((value) => value.split(","))) {
    const [key = "", ...rest] = pair.trim().split(/\s+/);
    if (key === "") continue;
    metadata.set(key, [...(metadata.get(key) ?? []), rest.join(" ")]);
  }
  return metadata;
}
