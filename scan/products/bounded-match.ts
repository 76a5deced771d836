/** Patterns on files that others wrote: whatever the text, a match takes no longer than its limit. */
import { createContext, Script } from "node:vm";

const limit = 500;
const scope: { pattern: RegExp; text: string } = createContext({ pattern: /x/, text: "" }) as never;
const first = new Script("pattern.exec(text)");
const last = new Script("[...text.matchAll(pattern)].at(-1)");

/** Groups of the first match; `undefined` if there is none. Throws an `Error` if the limit is reached. */
export function firstMatch(pattern: string, text: string): string[] | undefined {
  return run(first, new RegExp(pattern, "m"), text);
}

/** Groups of the last match. */
export function lastMatch(pattern: string, text: string): string[] | undefined {
  return run(last, new RegExp(pattern, "gm"), text);
}

function run(script: Script, pattern: RegExp, text: string): string[] | undefined {
  scope.pattern = pattern;
  scope.text = text;
  try {
    const match = script.runInContext(scope, { timeout: limit }) as RegExpExecArray | null | undefined;
    return match ? Array.from(match).slice(1) : undefined;
  } catch {
    throw new Error(`searching it for ${pattern.source.slice(0, 40)} took longer than ${limit} ms`);
  } finally {
    scope.text = "";
  }
}
