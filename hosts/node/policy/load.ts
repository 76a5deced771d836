/** What a command or the agent calls: a policy file applied to rules, with the assignments it names. */
import { parseClassifications } from "../../../compiler/index.ts";
import type { Configuration } from "../config/schema/root.ts";
import { type RuleSource, readText } from "../rules/files.ts";
import { readAssignments } from "./assigned.ts";
import { applyPolicy, type EffectiveSet } from "./effective.ts";
import type { Policy } from "./policy.ts";

export interface PolicyInput {
  policy: Policy;
  rules: readonly RuleSource[];
  config: Configuration;
  /** Stands for the policy's `assignments.file`. */
  assignmentFile?: string;
}

/** @throws VpatchError when the assignments are damaged */
export function effectiveSet({ policy, rules, config, assignmentFile }: PolicyInput): EffectiveSet {
  const path = assignmentFile ?? policy.assignments.file;
  const assignments = path === undefined ? undefined : readAssignments(path);
  const classes = config["classification-file"];
  const options =
    classes === undefined ? {} : { classifications: parseClassifications(classes, readText(classes)).classifications };
  const set = applyPolicy(rules, policy, assignments?.file, options);
  if (assignments?.problem === undefined) return set;
  return { ...set, warnings: [{ message: assignments.problem }, ...set.warnings] };
}
