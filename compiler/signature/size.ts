/** Rules whose contents need more room than `bsize` or `dsize` leaves are refused, as Suricata refuses them: they never match. */
import { CompareMode, Op } from "../../assembly/abi/conditions.ts";
import { RuleError } from "../rule/problem.ts";
import type { SignatureBuilder } from "./builder.ts";
import type { Condition, Operand } from "./conditions.ts";

/** @throws RuleError */
export function checkSizes(signature: SignatureBuilder): void {
  for (const { conditions } of signature.buffers) refuse(conditions, bsizeLimit(conditions), "bsize");
  // The number after `dsize:<` counts as allowed, as there.
  const most = signature.dsize?.[1];
  if (most !== undefined) refuse(signature.payload, signature.dsize?.[0] === most ? most : most + 1, "dsize");
}

function refuse(conditions: readonly Condition[], limit: number | undefined, keyword: string): void {
  if (limit === undefined) return;
  const needed = requiredSize(conditions);
  if (needed > limit) throw new RuleError(`the contents need ${needed} bytes, ${keyword} leaves ${limit}`);
}

function bsizeLimit(conditions: readonly Condition[]): number | undefined {
  const found = conditions.find((condition) => condition.op === Op.Bsize);
  if (found?.op !== Op.Bsize) return undefined;
  if (found.mode === CompareMode.Equal || found.mode === CompareMode.Less) return Number(found.a);
  return found.mode === CompareMode.Range ? Number(found.b) : undefined;
}

/** Bytes that the longest chain of contents needs at least. */
function requiredSize(conditions: readonly Condition[]): number {
  let needed = 0;
  let end = 0;
  for (const condition of conditions) {
    if (condition.op !== Op.Content) {
      // What stands between two contents may lead anywhere.
      end = 0;
      continue;
    }
    if (condition.negated) continue;
    const { pattern, offset, distance, within } = condition;
    const relative = distance !== undefined || within !== undefined;
    const gap = least(distance);
    end = relative && gap >= 0 ? end + gap + pattern.length : Math.max(least(offset), 0) + pattern.length;
    needed = Math.max(needed, end);
  }
  return needed;
}

function least(operand: Operand | undefined): number {
  return typeof operand === "number" ? operand : 0;
}
