/** A pattern that PCRE2 would refuse, or that needs more than the core offers. `position` is a byte offset in the pattern. */
export class RegexError extends Error {
  readonly position: number;
  /** The reference named a group that does not exist (PCRE2 error 115): Suricata then compiles again with all captures. */
  readonly missingGroup: boolean;

  constructor(message: string, position: number, missingGroup = false) {
    super(message);
    this.name = "RegexError";
    this.position = position;
    this.missingGroup = missingGroup;
  }
}
