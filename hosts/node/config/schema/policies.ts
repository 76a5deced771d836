/** Exception policies: what happens to traffic that a pool's limit or a parser's error leaves uninspected. */
import { choice, type Field, optionalChoice } from "../field.ts";

/** Names as in the Suricata manual, "Exception Policies". */
export const POLICIES = [
  "auto",
  "ignore",
  "bypass",
  "drop-packet",
  "drop-flow",
  "pass-packet",
  "pass-flow",
  "reject",
  "reject-both",
] as const;

export type PolicyName = (typeof POLICIES)[number];

export function exceptionPolicy(what: string): Field<PolicyName | undefined> {
  return optionalChoice(`${what} Left out: as \`exception-policy\` says.`, POLICIES);
}

export const masterPolicy = choice(
  "Exception policy of every place that sets none of its own. `auto`: drop the flow in prevention, ignore in detection.",
  POLICIES,
  "auto",
);
