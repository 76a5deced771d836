/** Rule files to a database, through a policy when one is given: what commands call. */
import type { Configuration } from "../config/schema/root.ts";
import { type CompiledRules, compileEffective, compileRules } from "../rules/compile.ts";
import { readRuleFiles } from "../rules/files.ts";
import { readPolicy } from "./document.ts";
import { effectiveSet } from "./load.ts";
import { EMPTY_POLICY, type Mode } from "./policy.ts";
import { warningLines } from "./report.ts";

export interface PolicyFiles {
  /** A policy file. */
  policy?: string;
  /** The scan's assignments; without a policy every other rule is as written. */
  assignments?: string;
}

/** `mode` is the policy's. Warnings go to the standard error. @throws VpatchError */
export function compileWithPolicy(
  paths: readonly string[],
  config: Configuration,
  { policy: file, assignments }: PolicyFiles,
): CompiledRules & { mode?: Mode } {
  const rules = readRuleFiles(paths);
  if (file === undefined && assignments === undefined) return compileRules(rules, config);
  const policy = file === undefined ? EMPTY_POLICY : readPolicy(file);
  const assignmentFile = assignments === undefined ? {} : { assignmentFile: assignments };
  const set = effectiveSet({ policy, rules, config, ...assignmentFile });
  for (const line of warningLines(set)) process.stderr.write(`${line}\n`);
  return { ...compileEffective(set, config), mode: set.mode };
}
