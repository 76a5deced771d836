/** What a keyword is to the compiler, and the table rows families are made of. */
import type { OptionValue, Quoting } from "../rule/value.ts";
import type { SignatureBuilder } from "../signature/builder.ts";

export interface Keyword {
  readonly name: string;
  /** Older or shorter names for the same keyword. */
  readonly aliases?: readonly string[];
  /** Heading in the keyword reference. */
  readonly family: string;
  /** Whether `name:value;` or `name;` is right. */
  readonly value: "none" | "optional" | "required";
  readonly quoting?: Quoting;
  /** `!` before the value is read by the rule parser and handed over apart. */
  readonly negatable?: boolean;
  /** One sentence or two for the keyword reference. */
  readonly docs: string;
  /** How it differs from Suricata 8, when it does. */
  readonly differs?: string;
  /** Checks the value and adds what it means to the signature. @throws RuleError */
  readonly apply: (signature: SignatureBuilder, value: OptionValue) => void;
}

/** Completes rows of one family. */
export function family(name: string, rows: readonly Omit<Keyword, "family">[]): Keyword[] {
  return rows.map((row) => ({ ...row, family: name }));
}
