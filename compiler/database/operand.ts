/** Numbers of conditions: given in the rule, or a byte variable by its index. */
import type { Operand } from "../signature/conditions.ts";

export function isVariable(operand: Operand | undefined): boolean {
  return typeof operand === "object";
}

export function raw(operand: Operand | undefined): number {
  return typeof operand === "object" ? operand.variable : (operand ?? 0);
}

/** The sum of the bits that are on. */
export function bits(...pairs: readonly (readonly [on: boolean | undefined, bit: number])[]): number {
  return pairs.reduce((sum, [on, bit]) => (on ? sum | bit : sum), 0);
}
