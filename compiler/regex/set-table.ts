/** Names the byte sets of a program: small and common ones stand in the name itself (`RegexForm`), others in a table. */
import { REGEX_ANY, REGEX_INLINE, RegexForm } from "../../assembly/abi/regex.ts";
import type { ByteSet } from "./byteset.ts";

/** The byte and mask of a set that one literal byte stands for, or undefined. */
export function literalByte(set: ByteSet): { byte: number; mask: number } | undefined {
  const members = set.members(3);
  if (members.length === 1) return { byte: members[0]!, mask: 0 };
  const [upper, lower] = members;
  if (members.length === 2 && upper! >= 65 && upper! <= 90 && lower === upper! + 32) return { byte: lower, mask: 32 };
  return undefined;
}

export class SetTable {
  readonly list: ByteSet[] = [];
  private readonly numbers = new Map<string, number>();

  /** The name of a set, by which instructions refer to it. */
  name(set: ByteSet): number {
    if (set.isFull) return REGEX_ANY;
    const literal = literalByte(set);
    if (literal) return REGEX_INLINE | (literal.mask ? RegexForm.Letter : RegexForm.One) | literal.byte;
    const missing = set.negated().members(2);
    if (missing.length === 1) return REGEX_INLINE | RegexForm.AllBut | missing[0]!;
    const key = set.key();
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.list.push(set) - 1;
      this.numbers.set(key, number);
    }
    return number;
  }
}
