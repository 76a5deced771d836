/** Compile options, and the inline modifiers `(?imsxnU)`. */
export interface Modifiers {
  /** i: ASCII letters match either case. */
  caseless: boolean;
  /** m: `^` and `$` match at lines. */
  multiline: boolean;
  /** s: `.` matches a newline too. */
  dotAll: boolean;
  /** x: white space and comments are skipped. */
  extended: boolean;
  /** xx: as x, and spaces and tabs in classes too. */
  extendedMore: boolean;
  /** G or (?U): quantifiers are lazy, and greedy with `?`. */
  ungreedy: boolean;
  /** n: plain parentheses do not capture. */
  noAutoCapture: boolean;
  /** E: `$` matches only at the very end. */
  dollarEndOnly: boolean;
  /** J: names may be given twice. */
  duplicateNames: boolean;
}
