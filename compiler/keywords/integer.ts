/**
 * Integer keywords: `N`, `<N`, `<=N`, `>N`, `>=N`, `!N`, `A-B` and `A<>B` (both ends excluded), `!A-B`, `&mask=N`,
 * `&mask!=N`, in decimal or hexadecimal, with a unit (kb, mb, gb) or the name of an enumeration's member.
 */
import { CompareMode, IndexMode } from "../../assembly/abi/conditions.ts";
import { RuleError } from "../rule/problem.ts";

export interface Comparison {
  readonly mode: CompareMode;
  readonly a: bigint;
  readonly b: bigint;
}

/** Lower-case member name to number. */
export type Enumeration = Readonly<Record<string, number>>;

const UNITS: Readonly<Record<string, bigint>> = { "": 1n, kb: 1n << 10n, mb: 1n << 20n, gb: 1n << 30n };
const OPERATORS: Readonly<Record<string, CompareMode>> = {
  "": CompareMode.Equal,
  "=": CompareMode.Equal,
  "!": CompareMode.NotEqual,
  "!=": CompareMode.NotEqual,
  "<": CompareMode.Less,
  "<=": CompareMode.LessOrEqual,
  ">": CompareMode.Greater,
  ">=": CompareMode.GreaterOrEqual,
};
const NUMBER = String.raw`(?:0[xX][0-9a-fA-F]+|\d+)\s*(?:[kKmMgG][bB])?`;
const MASK = new RegExp(String.raw`^&\s*(${NUMBER})\s*(!?=)\s*(${NUMBER})$`);
const RANGE = new RegExp(String.raw`^(!?)\s*(${NUMBER})\s*(?:-|<>)\s*(${NUMBER})$`);
const SINGLE = new RegExp(String.raw`^(<=|>=|!=|<|>|=|!|)\s*(${NUMBER})$`);

/** @param bits width of the number in the protocol @throws RuleError */
export function parseComparison(text: string, bits: number, names: Enumeration = {}): Comparison {
  const limit = (1n << BigInt(bits)) - 1n;
  const number = (part: string): bigint => {
    const value = parseNumber(part);
    if (value > limit) throw new RuleError(`${part} does not fit in ${bits} bits`);
    return value;
  };
  const mask = MASK.exec(text);
  if (mask !== null) {
    const mode = mask[2] === "=" ? CompareMode.Mask : CompareMode.NotMask;
    return { mode, a: number(mask[1]!), b: number(mask[3]!) };
  }
  const range = RANGE.exec(text);
  if (range !== null) {
    const a = number(range[2]!);
    const b = number(range[3]!);
    if (b <= a + 1n) throw new RuleError(`the range "${text}" is empty`, { advice: "both ends are excluded" });
    return { mode: range[1] === "!" ? CompareMode.NotRange : CompareMode.Range, a, b };
  }
  const single = SINGLE.exec(text);
  if (single !== null) {
    const mode = OPERATORS[single[1]!]!;
    const a = number(single[2]!);
    if ((mode === CompareMode.Greater && a === limit) || (mode === CompareMode.Less && a === 0n)) {
      throw new RuleError(`"${text}" can never match`);
    }
    return { mode, a, b: 0n };
  }
  const named = /^(!?)\s*([\w.-]+)$/.exec(text);
  const member = named === null ? undefined : lookup(names, named[2]!.toLowerCase());
  if (member !== undefined) {
    return { mode: named![1] === "!" ? CompareMode.NotEqual : CompareMode.Equal, a: BigInt(member), b: 0n };
  }
  const known = Object.keys(names);
  throw new RuleError(`"${text}" is not a number or a comparison`, {
    ...(known.length === 0 ? {} : { advice: `known names: ${known.join(", ")}` }),
  });
}

/** Bit flags by name: `connect.flags:will,!clean_session` is `& mask = value`. @throws RuleError */
export function parseFlagNames(text: string, bits: number, names: Enumeration): Comparison {
  if (Object.keys(names).length === 0 || !/^[!\s]*[a-zA-Z_]/.test(text)) return parseComparison(text, bits);
  let mask = 0n;
  let value = 0n;
  for (const part of text.split(",")) {
    const found = /^\s*(!?)\s*([\w-]+)\s*$/.exec(part);
    const bit = found === null ? undefined : lookup(names, found[2]!.toLowerCase());
    if (found === null || bit === undefined) {
      throw new RuleError(`"${part.trim()}" is not a flag`, {
        advice: `known flags: ${Object.keys(names).join(", ")}`,
      });
    }
    mask |= BigInt(bit);
    if (found[1] === "") value |= BigInt(bit);
  }
  return { mode: CompareMode.Mask, a: mask, b: value };
}

/** Splits `comparison,index` of keywords on lists of numbers. */
export function parseIndex(text: string): { value: string; index: IndexMode; at: number } {
  const comma = text.lastIndexOf(",");
  if (comma < 0) return { value: text.trim(), index: IndexMode.Any, at: 0 };
  const value = text.slice(0, comma).trim();
  const index = text.slice(comma + 1).trim();
  if (index === "any") return { value, index: IndexMode.Any, at: 0 };
  if (index === "all") return { value, index: IndexMode.AllOrAbsent, at: 0 };
  if (index === "all1") return { value, index: IndexMode.All, at: 0 };
  if (/^-?\d+$/.test(index)) return { value, index: IndexMode.At, at: Number(index) };
  throw new RuleError(`"${index}" is not an index`, { advice: "write any, all, all1 or a number" });
}

/** Decimal or 0x hexadecimal, with a unit. @throws RuleError */
export function parseNumber(text: string): bigint {
  const found = /^(0[xX][0-9a-fA-F]+|\d+)\s*([kKmMgG][bB])?$/.exec(text.trim());
  if (found === null) throw new RuleError(`"${text}" is not a number`);
  return BigInt(found[1]!) * UNITS[(found[2] ?? "").toLowerCase()]!;
}

/** A plain unsigned decimal up to `max`. @throws RuleError */
export function parseUnsigned(text: string, max: number): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > max) {
    throw new RuleError(`"${text}" is not a number from 0 to ${max}`);
  }
  return Number(text);
}

/** A plain signed decimal within plus or minus `max`. @throws RuleError */
export function parseSigned(text: string, max: number): number {
  if (!/^[+-]?\d{1,10}$/.test(text) || Math.abs(Number(text)) > max) {
    throw new RuleError(`"${text}" is not a number from -${max} to ${max}`);
  }
  return Number(text);
}

function lookup(names: Enumeration, name: string): number | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}
