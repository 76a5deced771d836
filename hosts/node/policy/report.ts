/** The effective set for people and programs: `vpatch policy show`. */
import type { EffectiveRule, EffectiveSet } from "./effective.ts";

/** `drop`, `drop (detect)`, `alert (noalert)`, `off`. */
function outcome({ inForce, action, mode, noalert }: EffectiveRule): string {
  if (!inForce) return "off";
  const blocks = action === "drop" || action.startsWith("reject");
  if (blocks && mode === "detect") return `${action} (detect)`;
  return noalert ? `${action} (noalert)` : action;
}

/** Rows `sid, action, reason, signature`. */
export function effectiveRows(rules: readonly EffectiveRule[]): string[][] {
  return rules.map((rule) => [
    rule.gid === 1 ? String(rule.sid) : `${rule.gid}:${rule.sid}`,
    outcome(rule),
    rule.reasons.join("; "),
    rule.msg,
  ]);
}

export interface EffectiveCounts {
  inForce: number;
  /** Block in prevention mode. */
  blocking: number;
  /** Would block, but are in detection by themselves. */
  detectOnly: number;
  companions: number;
  off: number;
}

export function countEffective(rules: readonly EffectiveRule[]): EffectiveCounts {
  const inForce = rules.filter((rule) => rule.inForce);
  return {
    inForce: inForce.length,
    blocking: inForce.filter(({ mode }) => mode === "prevent").length,
    detectOnly: inForce.filter((rule) => outcome(rule).endsWith("(detect)")).length,
    companions: inForce.filter(({ origin }) => origin === "companion").length,
    off: rules.length - inForce.length,
  };
}

/** One line: `mode prevent, posture normal: 12 rules in force, 9 block, ...`. */
export function effectiveSummary({ mode, posture, rules }: EffectiveSet): string {
  const { inForce, blocking, detectOnly, companions, off } = countEffective(rules);
  const blocked = mode === "prevent" ? `${blocking} block` : `${blocking} would block`;
  const rest = [
    ...(detectOnly > 0 ? [`${detectOnly} in detection by themselves`] : []),
    ...(companions > 0 ? [`${companions} companions`] : []),
    `${off} off`,
  ];
  return `mode ${mode}, posture ${posture}: ${inForce} rules in force, ${blocked}, ${rest.join(", ")}`;
}

/** `policy.yaml:12: no rule is selected by ...`, a line each. */
export function warningLines({ policy, warnings }: EffectiveSet): string[] {
  return warnings.map(({ line, message }) => {
    const where = line === undefined ? "" : `${policy.file}:${line}: `;
    return `warning: ${where}${message}`;
  });
}

/** The set as JSON. */
export function effectiveJson(set: EffectiveSet, rules: readonly EffectiveRule[]): string {
  const { mode, posture, warnings } = set;
  return JSON.stringify({ mode, posture, counts: countEffective(set.rules), warnings, rules }, undefined, 1);
}
