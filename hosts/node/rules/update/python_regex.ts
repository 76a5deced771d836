/** Regular expressions and replacements in Python's syntax, which suricata-update's files are written in, as JavaScript's. */

/** @throws SyntaxError for an expression that JavaScript has no counterpart for */
export function pythonRegex(source: string, flags = ""): RegExp {
  let body = source;
  let all = flags;
  const inline = /^\(\?([aimsux]+)\)/.exec(body);
  if (inline) {
    body = body.slice(inline[0].length);
    // ASCII and Unicode classes are alike for the bytes that rules are written in.
    for (const flag of inline[1]!.replace(/[au]/g, "")) {
      if (flag === "x") throw new SyntaxError("the flag x (verbose) is not supported");
      if (!all.includes(flag)) all += flag;
    }
  }
  body = body.replace(/\\[AZ]|\\.|\(\?P<|\(\?P=(\w+)\)/gs, (found, name?: string) => {
    if (found === "\\A") return "^";
    if (found === "\\Z") return "$";
    if (found === "(?P<") return "(?<";
    return name === undefined ? found : `\\k<${name}>`;
  });
  return new RegExp(body, all);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v", a: "\x07", b: "\b" };

/** Replaces every match by a template with `\1`, `\g<1>`, `\g<name>` and `\\`. @throws SyntaxError for a group that is not there */
export function pythonReplace(text: string, regex: RegExp, template: string): string {
  const global = new RegExp(regex.source, `${regex.flags.replace("g", "")}g`);
  return text.replace(global, (...found) => {
    const named = typeof found.at(-1) === "object" ? (found.at(-1) as Record<string, string | undefined>) : {};
    const count = found.findIndex((part, index) => index > 0 && typeof part === "number");
    const group = (index: number): string => {
      if (index >= count) throw new SyntaxError(`the replacement names group ${index}, which is not there`);
      return (found[index] as string | undefined) ?? "";
    };
    return template.replace(
      /\\(?:g<(\w+)>|(\d{1,2})|(.))/gs,
      (whole, name?: string, digits?: string, letter?: string) => {
        if (digits !== undefined) return group(Number(digits));
        if (name === undefined) return letter === "\\" ? "\\" : (ESCAPES[letter ?? ""] ?? whole);
        if (/^\d+$/.test(name)) return group(Number(name));
        if (!(name in named)) throw new SyntaxError(`the replacement names group ${name}, which is not there`);
        return named[name] ?? "";
      },
    );
  });
}
