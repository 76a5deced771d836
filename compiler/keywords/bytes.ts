/**
 * Numbers read from a buffer: byte_test, byte_jump, byte_extract, byte_math, and isdataat, bsize, absent, entropy.
 * Suricata manual, "Payload Keywords".
 */
import { CompareMode, Op } from "../../assembly/abi/conditions.ts";
import { MathOperator } from "../../assembly/abi/content_conditions.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import type { Condition, Operand } from "../signature/conditions.ts";
import { DCERPC_STUB_DATA } from "./dcerpc.ts";
import { parseComparison, parseNumber, parseSigned, parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";

const TEST_MODES: Readonly<Record<string, CompareMode>> = {
  "<": CompareMode.Less,
  ">": CompareMode.Greater,
  "=": CompareMode.Equal,
  "<=": CompareMode.LessOrEqual,
  ">=": CompareMode.GreaterOrEqual,
  "&": CompareMode.And,
  "^": CompareMode.Xor,
};

const MATH: Readonly<Record<string, MathOperator>> = {
  "+": MathOperator.Add,
  "-": MathOperator.Subtract,
  "/": MathOperator.Divide,
  "*": MathOperator.Multiply,
  "<<": MathOperator.ShiftLeft,
  ">>": MathOperator.ShiftRight,
};

/** Most bytes of a number: binary, and as text by base. */
const MAX_BINARY = 8;
const MAX_TEXT: Readonly<Record<number, number>> = { 0: 23, 8: 23, 10: 20, 16: 14 };
const MAX_OFFSET = 65535;

export const BYTES_KEYWORDS: Keyword[] = family("Payload", [
  {
    name: "byte_test",
    value: "required",
    docs: "Compares a number of the buffer: `bytes,[!]operator,value,offset` and relative, big, little, dce, string, hex, dec, oct, bitmask.",
    apply: (signature, { text }) => applyByteTest(signature, text),
  },
  {
    name: "byte_jump",
    value: "required",
    docs: "Moves to where a number of the buffer says: `bytes,offset` and relative, multiplier, align, from_beginning, from_end, post_offset, bitmask, and the options of byte_test.",
    apply: (signature, { text }) => applyByteJump(signature, text),
  },
  {
    name: "byte_extract",
    value: "required",
    docs: "Keeps a number of the buffer as a variable: `bytes,offset,name` and relative, multiplier, align, and the options of byte_test.",
    apply: (signature, { text }) => applyByteExtract(signature, text),
  },
  {
    name: "byte_math",
    value: "required",
    docs: "Computes with a number of the buffer: `bytes n, offset n, oper o, rvalue n, result name` and relative, endian, string, dce, bitmask.",
    apply: (signature, { text }) => applyByteMath(signature, text),
  },
  {
    name: "isdataat",
    value: "required",
    quoting: "optional",
    docs: "The buffer has (or with `!` has not) a byte at this place; `relative` counts from the match before.",
    apply: (signature, { text }) => applyIsDataAt(signature, text),
  },
  {
    name: "bsize",
    value: "required",
    docs: "Size of the sticky buffer: N, `<N`, `>N`, `A<>B` and the other comparisons.",
    apply: (signature, { text }) => {
      if (signature.activeBuffer === undefined) throw new RuleError("bsize must follow a sticky buffer");
      signature.add({ op: Op.Bsize, field: 0, ...parseComparison(text, 64) });
    },
  },
  {
    name: "absent",
    value: "optional",
    docs: "The sticky buffer does not exist; `or_else` lets the other conditions decide when it does.",
    apply: (signature, { text }) => {
      if (signature.activeBuffer === undefined) throw new RuleError("absent must follow a sticky buffer");
      if (text !== "" && text !== "or_else") throw new RuleError(`"${text}" is not "or_else"`);
      const list = signature.current();
      if (list.length > 0) throw new RuleError("absent must be the first condition on its buffer");
      signature.add({ op: Op.Absent, orElse: text === "or_else" }, list);
    },
  },
]);

interface Options {
  relative: boolean;
  endian: "big" | "little" | "dce";
  endianGiven: boolean;
  text: boolean;
  base: 0 | 8 | 10 | 16 | undefined;
  bitmask: number | undefined;
}

function options(): Options {
  return { relative: false, endian: "big", endianGiven: false, text: false, base: undefined, bitmask: undefined };
}

/** Reads an option all of the keywords share; false when it is another one. */
function sharedOption(option: string, into: Options): boolean {
  const [word, argument] = option.split(/\s+/, 2) as [string, string?];
  switch (word) {
    case "relative":
      into.relative = true;
      return true;
    case "big":
    case "little":
    case "dce":
      if (into.endianGiven) throw new RuleError("the byte order is given twice");
      into.endian = word;
      into.endianGiven = true;
      return true;
    case "string":
      into.text = true;
      return true;
    case "hex":
    case "dec":
    case "oct":
      into.base = word === "hex" ? 16 : word === "dec" ? 10 : 8;
      return true;
    case "bitmask": {
      if (argument === undefined) throw new RuleError("bitmask needs a number");
      const mask = parseNumber(/^[0-9a-fA-F]+$/.test(argument) && !/^\d+$/.test(argument) ? `0x${argument}` : argument);
      if (mask === 0n || mask > 0xffff_ffffn) throw new RuleError("the bitmask must be from 1 to 0xffffffff");
      into.bitmask = Number(mask);
      return true;
    }
    default:
      return false;
  }
}

/** The part of the condition all of the keywords share, after its checks. */
function extraction(read: Options, bytes: Operand) {
  if (read.base !== undefined && !read.text) throw new RuleError("hex, dec and oct need string");
  if (read.text && read.endian === "dce") throw new RuleError("string and dce contradict each other");
  const base = read.text ? (read.base ?? 0) : undefined;
  if (typeof bytes === "number") {
    const most = base === undefined ? MAX_BINARY : MAX_TEXT[base]!;
    if (bytes > most) throw new RuleError(`${bytes} bytes are more than the ${most} such a number can have`);
  }
  return {
    relative: read.relative,
    endian: read.endian,
    ...(base === undefined ? {} : { base }),
    ...(read.bitmask === undefined ? {} : { bitmask: read.bitmask }),
  };
}

/** A count of bytes or (`signed`) an offset: a number, or a variable defined before. */
function operand(signature: SignatureBuilder, text: string, signed: boolean): Operand {
  if (/^[+-]?\d+$/.test(text)) return signed ? parseSigned(text, 0x7fff_ffff) : parseUnsigned(text, MAX_OFFSET);
  return { variable: signature.variable(text) };
}

function place(signature: SignatureBuilder, condition: Condition, relative: boolean, endian: string): void {
  if (endian === "dce" && signature.activeBuffer === undefined) {
    signature.addTo(DCERPC_STUB_DATA, condition);
    return;
  }
  signature.add(condition, relative ? signature.relativeList() : signature.current());
}

function applyByteTest(signature: SignatureBuilder, text: string): void {
  const [bytesText, operatorText, valueText, offsetText, ...rest] = splitCommas(text);
  if (offsetText === undefined) throw new RuleError(`"${text}" is not "bytes,operator,value,offset"`);
  const found = /^(!?)\s*(<=|>=|[<>=&^])?$/.exec(operatorText!);
  if (found === null || (found[1] === "" && found[2] === undefined)) {
    throw new RuleError(`"${operatorText}" is not an operator`);
  }
  const read = options();
  for (const option of rest) if (!sharedOption(option, read)) throw new RuleError(`"${option}" is not an option`);
  const bytes = operand(signature, bytesText!, false);
  const value = /^[+-]?(?:0x[0-9a-f]+|\d+)$/i.test(valueText!)
    ? BigInt.asUintN(
        64,
        valueText!.startsWith("-") ? -parseNumber(valueText!.slice(1)) : parseNumber(valueText!.replace("+", "")),
      )
    : { variable: signature.variable(valueText!) };
  const condition = {
    op: Op.ByteTest,
    ...extraction(read, bytes),
    bytes,
    negated: found[1] === "!",
    mode: TEST_MODES[found[2] ?? "="]!,
    value,
    offset: operand(signature, offsetText, true),
  } as const;
  place(signature, condition, read.relative, read.endian);
}

function applyByteJump(signature: SignatureBuilder, text: string): void {
  const [bytesText, offsetText, ...rest] = splitCommas(text);
  if (offsetText === undefined) throw new RuleError(`"${text}" is not "bytes,offset"`);
  const read = options();
  let multiplier = 1;
  let postOffset = 0;
  let align = false;
  let from: "here" | "beginning" | "end" = "here";
  for (const option of rest) {
    const [word, argument = ""] = option.split(/\s+/, 2) as [string, string?];
    if (word === "multiplier") {
      multiplier = parseUnsigned(argument, 65535);
      if (multiplier === 0) throw new RuleError("the multiplier must not be 0");
    } else if (word === "post_offset") postOffset = parseSigned(argument, 65535);
    else if (word === "align") align = true;
    else if (word === "from_beginning" || word === "from_end") from = word === "from_end" ? "end" : "beginning";
    else if (!sharedOption(option, read)) throw new RuleError(`"${option}" is not an option`);
  }
  const bytes = operand(signature, bytesText!, false);
  const offset = operand(signature, offsetText, true);
  const condition = {
    op: Op.ByteJump,
    ...extraction(read, bytes),
    bytes,
    offset,
    multiplier,
    postOffset,
    align,
    from,
  } as const;
  place(signature, condition, read.relative, read.endian);
}

function applyByteExtract(signature: SignatureBuilder, text: string): void {
  const [bytesText, offsetText, name, ...rest] = splitCommas(text);
  if (name === undefined) throw new RuleError(`"${text}" is not "bytes,offset,name"`);
  if (!/^[a-zA-Z]\w*$/.test(name)) throw new RuleError(`"${name}" cannot be the name of a variable`);
  const read = options();
  let multiplier = 1;
  let align: 0 | 2 | 4 = 0;
  for (const option of rest) {
    const [word, argument = ""] = option.split(/\s+/, 2) as [string, string?];
    if (word === "multiplier") {
      multiplier = parseUnsigned(argument, 65535);
      if (multiplier === 0) throw new RuleError("the multiplier must not be 0");
    } else if (word === "align") {
      if (argument !== "2" && argument !== "4") throw new RuleError("align must be 2 or 4");
      align = argument === "2" ? 2 : 4;
    } else if (!sharedOption(option, read)) throw new RuleError(`"${option}" is not an option`);
  }
  const bytes = parseUnsigned(bytesText!, 23);
  if (bytes === 0) throw new RuleError("0 bytes hold no number");
  const condition = {
    op: Op.ByteExtract,
    ...extraction(read, bytes),
    bytes,
    offset: parseSigned(offsetText!, MAX_OFFSET),
    variable: signature.defineVariable(name),
    multiplier,
    align,
  } as const;
  place(signature, condition, read.relative, read.endian);
}

function applyByteMath(signature: SignatureBuilder, text: string): void {
  const read = options();
  const given = new Map<string, string>();
  for (const option of splitCommas(text)) {
    const [word, argument = ""] = option.split(/\s+/, 2) as [string, string?];
    if (word === "endian") {
      if (!sharedOption(argument, read)) throw new RuleError(`"${argument}" is not a byte order`);
    } else if (word === "string") {
      read.text = true;
      if (!sharedOption(argument, read)) throw new RuleError(`"${argument}" is not hex, dec or oct`);
    } else if (["bytes", "offset", "oper", "rvalue", "result"].includes(word)) {
      if (given.has(word)) throw new RuleError(`"${word}" is given twice`);
      given.set(word, argument);
    } else if (!sharedOption(option, read)) throw new RuleError(`"${option}" is not an option`);
  }
  const need = (word: string): string => {
    const value = given.get(word);
    if (value === undefined || value === "") throw new RuleError(`"${word}" is missing`);
    return value;
  };
  const operator = MATH[need("oper")];
  if (operator === undefined) throw new RuleError(`"${need("oper")}" is not one of + - * / << >>`);
  const bytes = operand(signature, need("bytes"), false);
  const right: Operand = /^\d+$/.test(need("rvalue"))
    ? parseUnsigned(need("rvalue"), 0xffff_ffff)
    : { variable: signature.variable(need("rvalue")) };
  const shift = operator === MathOperator.ShiftLeft || operator === MathOperator.ShiftRight;
  if (shift && typeof bytes === "number" && bytes > 4)
    throw new RuleError("a number of more than 4 bytes is not shifted");
  if (!/^[a-zA-Z]\w*$/.test(need("result")))
    throw new RuleError(`"${need("result")}" cannot be the name of a variable`);
  const condition = {
    op: Op.ByteMath,
    ...extraction(read, bytes),
    bytes,
    offset: parseSigned(need("offset"), MAX_OFFSET),
    operator,
    right,
    variable: signature.defineVariable(need("result")),
  } as const;
  place(signature, condition, read.relative, read.endian);
}

function applyIsDataAt(signature: SignatureBuilder, text: string): void {
  const [amountText, ...rest] = splitCommas(text);
  const found = /^(!?)\s*(\S+)$/.exec(amountText!);
  if (found === null) throw new RuleError(`"${text}" is not "amount,options"`);
  let relative = false;
  for (const option of rest) {
    if (option === "relative") relative = true;
    else if (option !== "rawbytes") throw new RuleError(`"${option}" is neither relative nor rawbytes`);
  }
  const amount = operand(signature, found[2]!, false);
  const condition = { op: Op.IsDataAt, amount, negated: found[1] === "!", relative } as const;
  signature.add(condition, relative ? signature.relativeList() : signature.current());
}
