/** `entropy`: how disordered a buffer is. Suricata manual, "entropy". */
import { CompareMode, Op } from "../../assembly/abi/conditions.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import type { EntropyCondition } from "../signature/conditions.ts";
import { parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";

const MILLION = 1_000_000;

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

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const RANGE = new RegExp(String.raw`^(!?)\s*(${NUMBER})\s*(?:-|<>)\s*(${NUMBER})$`);
const SINGLE = new RegExp(String.raw`^(<=|>=|!=|<|>|=|!|)\s*(${NUMBER})$`);

export const ENTROPY_KEYWORDS: Keyword[] = family("Payload", [
  {
    name: "entropy",
    value: "required",
    docs: "Shannon entropy of the buffer in bits a byte, 0 to 8: `bytes n, offset n, value >= 7.01`; bytes and offset may be left out.",
    apply: (signature, { text }) => signature.add(parseEntropy(text)),
  },
]);

function parseEntropy(text: string): EntropyCondition {
  let bytes: number | undefined;
  let offset: number | undefined;
  let value: Pick<EntropyCondition, "mode" | "a" | "b"> | undefined;
  for (const part of splitCommas(text)) {
    const found = /^(bytes|offset|value)\s+(.+)$/.exec(part.trim());
    if (found === null) throw new RuleError(`"${part}" is none of bytes n, offset n, value n`);
    const [, name, rest] = found as unknown as [string, string, string];
    const repeated = { bytes, offset, value }[name];
    if (repeated !== undefined) throw new RuleError(`${name} is given twice`);
    if (name === "bytes") bytes = parseUnsigned(rest, 0x7fff_ffff);
    else if (name === "offset") offset = parseUnsigned(rest, 65535);
    else value = parseValue(rest.trim());
  }
  if (value === undefined) throw new RuleError("the value is missing", { advice: "write for example value >= 7.01" });
  return { op: Op.Entropy, ...value, bytes: bytes ?? 0, offset: offset ?? 0 };
}

function parseValue(text: string): Pick<EntropyCondition, "mode" | "a" | "b"> {
  const millionths = (part: string): bigint => BigInt(Math.round(Number(part) * MILLION));
  const range = RANGE.exec(text);
  if (range !== null) {
    const mode = range[1] === "!" ? CompareMode.NotRange : CompareMode.Range;
    return { mode, a: millionths(range[2]!), b: millionths(range[3]!) };
  }
  const single = SINGLE.exec(text);
  if (single === null) throw new RuleError(`"${text}" is not a number or a comparison`);
  return { mode: OPERATORS[single[1]!]!, a: millionths(single[2]!), b: 0n };
}
