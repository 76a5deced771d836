/** Backslash escapes that stand for one byte, alike inside and outside of a class (pcre2pattern(3), "Non-printing characters"). */
import { RegexError } from "./error.ts";

const SIMPLE: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };

/** Reads the pattern from left to right. `at` is the offset of the next character. */
export class Cursor {
  at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? "";
  }

  next(): string {
    return this.text[this.at++] ?? "";
  }

  /** Steps over `wanted` when it comes next. */
  take(wanted: string): boolean {
    if (!this.text.startsWith(wanted, this.at)) return false;
    this.at += wanted.length;
    return true;
  }

  /** Matches a sticky expression here and steps over it. */
  match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (found) this.at = expression.lastIndex;
    return found;
  }

  fail(message: string): never {
    throw new RegexError(message, this.at);
  }
}

/**
 * The byte of an escape whose letter (already read) is `letter`, or undefined when the letter means something else.
 * Octal escapes other than `\0` and `\o{}` are the caller's, who knows whether they are back references.
 */
export function byteOfEscape(letter: string, cursor: Cursor): number | undefined {
  const simple = SIMPLE[letter];
  if (simple !== undefined) return simple;
  if (letter === "x") return hexadecimal(cursor);
  if (letter === "0") return Number.parseInt(`0${cursor.match(/[0-7]{0,2}/y)![0]}`, 8);
  if (letter === "o") {
    const digits = cursor.match(/\{([0-7]+)\}/y);
    if (!digits) return cursor.fail("\\o needs octal digits in braces");
    return inByte(Number.parseInt(digits[1]!, 8), cursor);
  }
  if (letter === "c") {
    const control = cursor.next();
    if (control === "" || control < " " || control > "~") return cursor.fail("\\c needs a printable character");
    return control.toUpperCase().charCodeAt(0) ^ 64;
  }
  return /[A-Za-z0-9]/.test(letter) ? undefined : letter.charCodeAt(0);
}

/** Up to three octal digits; the first is already read when `first` is given. */
export function octal(first: string, cursor: Cursor): number {
  return inByte(Number.parseInt(first + cursor.match(/[0-7]{0,2}/y)![0], 8), cursor);
}

function hexadecimal(cursor: Cursor): number {
  if (!cursor.take("{")) return Number.parseInt(`0${cursor.match(/[0-9A-Fa-f]{0,2}/y)![0]}`, 16);
  const digits = cursor.match(/([0-9A-Fa-f]+)\}/y);
  if (!digits) return cursor.fail("\\x{ needs hexadecimal digits and a closing brace");
  return inByte(Number.parseInt(digits[1]!, 16), cursor);
}

function inByte(value: number, cursor: Cursor): number {
  return value <= 255 ? value : cursor.fail("character code is too large for a byte");
}
