/** Random patterns and subjects, the same for the same seed. */

export class PatternGenerator {
  private groups = 0;
  private readonly next: (below: number) => number;

  constructor(next: (below: number) => number) {
    this.next = next;
  }

  /** A pattern with everything PCRE2 has that the compiler takes; some are invalid. */
  pattern(): string {
    this.groups = 0;
    return this.sequence(3, true);
  }

  /** A pattern that means the same to PCRE2 and to JavaScript, but for the text of groups. */
  commonPattern(): string {
    return this.sequence(3, false);
  }

  subject(): string {
    let text = "";
    for (let i = this.next(14); i > 0; i--) text += this.pick(["a", "b", "c", "A", "\n", " ", "1", "ab", "\r\n", "."]);
    return this.next(3) === 0 ? text + text : text;
  }

  flags(letters: string): string {
    return [...letters].filter(() => this.next(6) === 0).join("");
  }

  private sequence(depth: number, full: boolean): string {
    let text = "";
    for (let i = 1 + this.next(3); i > 0; i--) {
      const item = this.item(depth, full);
      const fixed = /^(?:\\[bBAzZG]|\^|\$)$/.test(item) || (!full && item.startsWith("(?") && !item.startsWith("(?:"));
      text += item + (fixed && (!full || this.next(30)) ? "" : this.pick(full ? QUANTIFIERS : COMMON_QUANTIFIERS));
    }
    return text;
  }

  private item(depth: number, full: boolean): string {
    const inner = () => this.sequence(depth - 1, full);
    const kind = depth > 0 ? this.next(20) : 0;
    if (kind < 10) return this.pick(full ? ITEMS : COMMON_ITEMS);
    if (kind < 13) return this.capture(inner());
    if (kind === 13) return `(?:${inner()}|${inner()})`;
    if (kind === 14) return this.capture(`${inner()}|${inner()}`);
    if (kind === 15) return `${this.pick(full ? LOOKS : ["(?=", "(?!"])}${inner()})`;
    if (!full) return `(?:${inner()})`;
    if (kind === 16) return `(?i:${inner()})`;
    if (kind === 17) return this.groups ? `\\${1 + this.next(this.groups)}` : "a";
    if (kind === 18 && this.groups) return `(?(${1 + this.next(this.groups)})${inner()}|${inner()})`;
    return `(?|${inner()}|${inner()})`;
  }

  private capture(body: string): string {
    this.groups++;
    return `(${body})`;
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.next(from.length)]!;
  }
}

const COMMON_ITEMS = [
  "a",
  "b",
  "c",
  "A",
  "\\n",
  ".",
  "[ab]",
  "[^a]",
  "\\w",
  "\\d",
  "\\W",
  "ab",
  "abc",
  " ",
  "\\b",
  "\\B",
];
const ITEMS = [
  ...COMMON_ITEMS,
  ...["^", "$", "\\s", "[[:alpha:]]", "\\x61", "\\R", "\\h", "\\N", "\\Qa.\\E", "1", "\\A", "\\z", "\\Z", "\\G"],
];
const COMMON_QUANTIFIERS = [
  "",
  "",
  "",
  "",
  "*",
  "+",
  "?",
  "*?",
  "+?",
  "??",
  "{2}",
  "{1,2}",
  "{0,2}",
  "{2,}?",
  "{1,3}?",
];
const QUANTIFIERS = [...COMMON_QUANTIFIERS, "*+", "++", "?+", "{1,2}+"];
const LOOKS = ["(?=", "(?!", "(?<=", "(?<!", "(?>"];

/** A small generator of whole numbers below a bound. */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}
