/** Bracketed character classes: `[a-z\d[:punct:]]`. */
import { ByteSet, ESCAPE_CLASSES, POSIX_CLASSES } from "./byteset.ts";
import { byteOfEscape, type Cursor, octal } from "./escapes.ts";

/** Parses a class; the cursor stands behind the opening bracket and ends behind the closing one. */
export function parseClass(cursor: Cursor, fold: boolean, extendedMore: boolean): ByteSet {
  const negate = cursor.take("^");
  const set = new ByteSet();
  let literal = false;
  let first = true;
  for (;;) {
    if (cursor.done) cursor.fail("missing terminating ] for character class");
    if (literal) {
      if (cursor.take("\\E")) {
        literal = false;
        continue;
      }
    } else {
      if (cursor.take("\\Q")) {
        literal = true;
        continue;
      }
      if (cursor.take("\\E")) continue;
      if (extendedMore && (cursor.take(" ") || cursor.take("\t"))) continue;
      if (!first && cursor.take("]")) break;
    }
    first = false;
    const from = literal ? cursor.next().charCodeAt(0) : classItem(cursor);
    if (from instanceof ByteSet) {
      set.addSet(from);
      if (cursor.peek() === "-" && cursor.peek(1) !== "]") cursor.fail("invalid range in character class");
      continue;
    }
    if (literal || cursor.peek() !== "-" || cursor.peek(1) === "]" || cursor.peek(1) === "") {
      set.add(from);
      continue;
    }
    cursor.next();
    if (cursor.take("\\E") && cursor.peek() === "]") {
      set.add(from).add(45);
      continue;
    }
    const to = classItem(cursor);
    if (to instanceof ByteSet) return cursor.fail("invalid range in character class");
    if (to < from) cursor.fail("range out of order in character class");
    set.addRange(from, to);
  }
  if (fold) set.fold();
  return negate ? set.negated() : set;
}

/** One member: a byte, or a set for a POSIX class or an escape such as `\d`. */
function classItem(cursor: Cursor): number | ByteSet {
  const posix = cursor.match(/\[([:.=])(\^?)([^\]\\:.=]*)\1\]/y);
  if (posix) {
    if (posix[1] !== ":") return cursor.fail("POSIX collating elements are not supported");
    const named = POSIX_CLASSES.get(posix[3]!);
    if (!named) return cursor.fail(`unknown POSIX class name ${posix[3]}`);
    return posix[2] ? named.negated() : named;
  }
  const char = cursor.next();
  if (char !== "\\") return char.charCodeAt(0);
  const letter = cursor.next();
  if (letter === "") return cursor.fail("\\ at end of pattern");
  if (letter === "b") return 8;
  if (letter >= "1" && letter <= "7") return octal(letter, cursor);
  if (letter === "8" || letter === "9" || letter === "g") return letter.charCodeAt(0);
  const named = ESCAPE_CLASSES.get(letter);
  if (named) return named;
  const byte = byteOfEscape(letter, cursor);
  if (byte === undefined) return cursor.fail(`escape \\${letter} is invalid in a character class`);
  return byte;
}
