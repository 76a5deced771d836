/**
 * The body of a rule: `(name:value; name; ...)` to a list of options.
 *
 * As in Suricata, an option ends at the first `;` that has no backslash right before it, quotes or not; so a literal
 * semicolon is always written `\;` (or `|3b|` in a content).
 */
import type { OptionAst } from "./ast.ts";
import { type LogicalLine, locate } from "./lines.ts";
import { RuleError } from "./problem.ts";

/** Reads the options that stand in the text from offset `from` to its end. @throws RuleError */
export function parseOptions(logical: LogicalLine, from: number): OptionAst[] {
  const { text } = logical;
  let at = from;
  while (isSpace(text.charCodeAt(at)) || text[at] === "(") at += 1;
  let end = text.length;
  while (end > at && (isSpace(text.charCodeAt(end - 1)) || text[end - 1] === ")")) end -= 1;
  if (at >= end) {
    throw new RuleError("the rule has no options", { ...locate(logical, from), advice: "every rule needs a sid" });
  }

  const options: OptionAst[] = [];
  while (at < end) {
    while (at < end && isSpace(text.charCodeAt(at))) at += 1;
    if (at >= end) break;
    let stop = text.indexOf(";", at);
    while (stop > at && text[stop - 1] === "\\") stop = text.indexOf(";", stop + 1);
    if (stop < 0 || stop >= end) {
      const name = /^[^:;\s]*/.exec(text.slice(at, end))![0];
      throw new RuleError(`no terminating ";"`, {
        ...locate(logical, at),
        ...(name === "" ? {} : { keyword: name }),
        advice: "end every option with a semicolon, the last one as well",
      });
    }
    options.push(readOption(logical, at, stop));
    at = stop + 1;
  }
  return options;
}

function readOption(logical: LogicalLine, start: number, stop: number): OptionAst {
  const { text } = logical;
  const place = locate(logical, start);
  let colon = text.indexOf(":", start);
  if (colon < 0 || colon > stop) colon = stop;
  const name = text.slice(start, colon).trim();
  if (name === "") throw new RuleError("an option without a name", place);
  if (colon === stop) return { name, line: place.line, column: place.column };
  return { name, value: text.slice(colon + 1, stop).trim(), line: place.line, column: place.column };
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
