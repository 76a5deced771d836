/** Pattern sets: one literal a rule, as a prefilter would look for. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePattern } from "../compiler/content.ts";
import type { Literal } from "../compiler/prefilter/literal_table.ts";
import { parseRules } from "../compiler/rule/parser.ts";
import { readValue } from "../compiler/rule/value.ts";
import { random } from "./random.ts";

const LONGEST = 255;

/** The `fast_pattern` of every rule in a folder, else its longest content; each once, at most 255 bytes of it. Shuffled, always alike. */
export function ruleLiterals(folder: string): Literal[] {
  const literals = new Map<string, Literal>();
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith(".rules"))
    .sort()) {
    for (const { options } of parseRules(name, readFileSync(join(folder, name), "utf8")).rules) {
      const literal = chosen(options);
      if (literal) literals.set(`${Buffer.from(literal.bytes).toString("latin1")}${literal.nocase}`, literal);
    }
  }
  return shuffled([...literals.values()]);
}

function chosen(options: readonly { name: string; value?: string }[]): Literal | undefined {
  const contents: (Literal & { fast: boolean })[] = [];
  for (const { name, value } of options) {
    if ((name === "content" || name === "uricontent") && value) {
      const { text, negated } = readValue(value, "optional", true);
      if (!negated) contents.push({ bytes: parsePattern(text).slice(0, LONGEST), nocase: false, fast: false });
    }
    const last = contents.at(-1);
    if (name === "nocase" && last) last.nocase = true;
    if (name === "fast_pattern" && last) last.fast = true;
  }
  const longest = contents.reduce<(typeof contents)[0] | undefined>(
    (best, one) => (best && best.bytes.length >= one.bytes.length ? best : one),
    undefined,
  );
  const pick = contents.find(({ fast }) => fast) ?? longest;
  return pick && pick.bytes.length > 0 ? { bytes: pick.bytes, nocase: pick.nocase } : undefined;
}

/** Literals made up to look like those of rules: host names, paths, parameters, header values, binary, a few very short. */
export function generatedLiterals(count: number): Literal[] {
  const next = random(1);
  const word = (low: number, high: number) =>
    Array.from({ length: low + next(high - low + 1) }, () => LETTERS[next(LETTERS.length)]!).join("");
  const kinds: [weight: number, make: () => string][] = [
    [30, () => `${word(4, 12)}.${TLDS[next(TLDS.length)]}`],
    [25, () => `/${word(3, 9)}/${word(3, 12)}.${EXTENSIONS[next(EXTENSIONS.length)]}`],
    [15, () => `&${word(2, 9)}=`],
    [12, () => `${word(3, 9)}: ${word(3, 14)}`],
    [15, () => String.fromCharCode(...Array.from({ length: 4 + next(12) }, () => (next(3) === 0 ? 0 : next(256))))],
    [3, () => word(2, 4)],
  ];
  const lot = kinds.flatMap(([weight, make]) => new Array<() => string>(weight).fill(make));
  const literals = new Map<string, Literal>();
  while (literals.size < count) {
    const text = lot[next(lot.length)]!();
    const nocase = next(2) === 0;
    literals.set(`${text}${nocase}`, { bytes: new Uint8Array(Buffer.from(text, "latin1")), nocase });
  }
  return [...literals.values()];
}

const LETTERS = "eeeeeeaaaaaiiiooottttnnnnssssrrrlllddcccmmuupphhgbfywkvxzjq0123456789";
const TLDS = ["com", "net", "org", "info", "top", "xyz", "ru"];
const EXTENSIONS = ["php", "html", "asp", "exe", "jsp", "cgi"];

function shuffled<T>(items: T[]): T[] {
  const next = random(1);
  for (let i = items.length - 1; i > 0; i--) {
    const j = next(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
