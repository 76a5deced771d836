/** The bundled rules for protocol violations, and what a posture makes of each. */
import { join, resolve } from "node:path";
import { packageFolder } from "../../../scan/package-folder.ts";
import { type RuleSource, readText } from "../rules/files.ts";
import type { Mode, PolicyAction, Posture } from "./policy.ts";

const FILE = "protocol-violations.rules";

/** The rules a posture adds to others; none when it is off, or when they are there already. */
export function violationRules(posture: Posture, others: readonly RuleSource[]): RuleSource[] {
  const file = join(packageFolder(), "signatures", FILE);
  if (posture === "off" || others.some((source) => resolve(source.file) === file)) return [];
  return [{ file, text: readText(file) }];
}

/** What a violation leads to, by posture and by the `vpatch_posture` of its rule. */
export function violationOutcome(posture: Posture, level: string): { action: PolicyAction; mode?: Mode } {
  if (posture === "off") return { action: "off" };
  const blocks = level === "normal" || (level === "strict" && posture === "strict");
  if (!blocks) return { action: "alert" };
  return posture === "monitor" ? { action: "drop", mode: "detect" } : { action: "drop" };
}
