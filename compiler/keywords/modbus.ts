/** `modbus`: a request by its unit and what it does. Suricata manual, "Modbus Keyword". */
import { Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { CompareMode, Op } from "../../assembly/abi/conditions.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import { buffer, S } from "../signature/buffers.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import { parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";

const MODBUS = buffer("modbus", 0, [{ app: AppProto.Modbus, direction: S, progress: 0 }], { kind: "generic" });

/** Bits of the core (app/modbus_function.ts). */
const ACCESS: Readonly<Record<string, number>> = { read: 1, write: 2 };
const TABLES: Readonly<Record<string, number>> = { discretes: 4, coils: 8, input: 16, holding: 32 };
const CATEGORIES: Readonly<Record<string, number>> = {
  assigned: 1,
  unassigned: 2,
  public: 3,
  user: 4,
  reserved: 8,
  all: 15,
};

export const MODBUS_KEYWORDS: Keyword[] = family("Modbus", [
  {
    name: "modbus",
    value: "required",
    docs:
      "A request: `unit n`, then `function n[, subfunction n]`, `function [!]assigned|unassigned|public|user|reserved|all`, or " +
      "`access read|write [discretes|coils|input|holding][, address n[, value n]]`. Numbers are `n`, `<n`, `>n` or `a<>b`.",
    apply: applyModbus,
  },
]);

/** A range as Suricata reads it: one number, or the numbers between two others. */
interface Range {
  readonly low: number;
  readonly high: number;
}

function parseRange(text: string): Range {
  const number = (part: string): number => parseUnsigned(part, 0xffff);
  const between = /^(\d+)\s*<>\s*(\d+)$/.exec(text);
  if (between !== null) {
    const range = { low: number(between[1]!), high: number(between[2]!) };
    if (range.low >= range.high) throw new RuleError(`the range "${text}" is empty`);
    return range;
  }
  const side = /^([<>]?)\s*(\d+)$/.exec(text);
  if (side === null) throw new RuleError(`"${text}" is not n, <n, >n or a<>b`);
  const value = number(side[2]!);
  if (side[1] === "<") return { low: 0, high: value };
  if (side[1] === ">") return { low: value, high: 0xffff };
  return { low: value, high: value };
}

function add(signature: SignatureBuilder, field: Field, mode: CompareMode, a: number, b = 0): void {
  signature.addGeneric(MODBUS, { op: Op.TxCompare, field, mode, a: BigInt(a), b: BigInt(b) });
}

function addRange(signature: SignatureBuilder, field: Field, { low, high }: Range, base = 0): void {
  if (low === high) add(signature, field, CompareMode.Equal, base + low);
  else add(signature, field, CompareMode.Range, base + low, base + high);
}

function applyModbus(signature: SignatureBuilder, { text }: { text: string }): void {
  signature.setApp(AppProto.Modbus);
  const parts = splitCommas(text).map((part) => {
    const found = /^(unit|function|subfunction|access|address|value)\s+(.+)$/i.exec(part.trim());
    if (found === null) throw new RuleError(`"${part}" is not an option of modbus`);
    return [found[1]!.toLowerCase(), found[2]!.trim().toLowerCase()] as const;
  });
  if (parts[0]?.[0] === "unit") addRange(signature, Field.modbus__unit_id, parseRange(parts.shift()![1]));
  const [first, second, third, ...more] = parts;
  if (first === undefined) return;
  if (first[0] === "function") {
    if (third !== undefined || (second !== undefined && second[0] !== "subfunction")) throw misplaced(text);
    applyFunction(signature, first[1], second?.[1]);
    return;
  }
  if (first[0] !== "access" || more.length > 0) throw misplaced(text);
  applyAccess(signature, first[1]);
  if (second === undefined) return;
  if (second[0] !== "address" || (third !== undefined && third[0] !== "value")) throw misplaced(text);
  applyAddress(signature, parseRange(second[1]), third === undefined ? undefined : parseRange(third[1]));
}

function misplaced(text: string): RuleError {
  return new RuleError(`the options of "${text}" do not go together`, {
    advice: "write unit, then function and subfunction, or access, address and value",
  });
}

function applyFunction(signature: SignatureBuilder, word: string, subfunction: string | undefined): void {
  if (/^\d+$/.test(word)) {
    add(signature, Field.modbus__function, CompareMode.Equal, parseUnsigned(word, 255));
    if (subfunction !== undefined)
      add(signature, Field.modbus__subfunction, CompareMode.Equal, parseUnsigned(subfunction, 0xffff));
    return;
  }
  const found = /^(!?)\s*(\w+)$/.exec(word);
  const category = found === null ? undefined : CATEGORIES[found[2]!];
  if (category === undefined || subfunction !== undefined) {
    throw new RuleError(`"${word}" is not a function or a category`, { advice: Object.keys(CATEGORIES).join(", ") });
  }
  add(signature, Field.modbus__category, CompareMode.And, found![1] === "!" ? ~category & 15 : category);
}

function applyAccess(signature: SignatureBuilder, text: string): void {
  const [access, table, ...more] = text.split(/\s+/);
  const bits = ACCESS[access ?? ""];
  const tableBits = table === undefined ? 0 : TABLES[table];
  const readOnly = table === "discretes" || table === "input";
  if (bits === undefined || tableBits === undefined || more.length > 0 || (access === "write" && readOnly)) {
    throw new RuleError(`"access ${text}" is not known`, {
      advice: "write read or write, then discretes, coils, input or holding",
    });
  }
  add(signature, Field.modbus__access, CompareMode.And, bits);
  if (tableBits !== 0) add(signature, Field.modbus__access, CompareMode.And, tableBits);
}

/** The addresses a request names overlap the range; the value is the one written at the range's first address. */
function applyAddress(signature: SignatureBuilder, address: Range, value: Range | undefined): void {
  if (address.low === address.high) {
    add(signature, Field.modbus__first_address, CompareMode.LessOrEqual, address.low);
    add(signature, Field.modbus__last_address, CompareMode.GreaterOrEqual, address.low);
  } else {
    add(signature, Field.modbus__first_address, CompareMode.Less, address.high);
    add(signature, Field.modbus__last_address, CompareMode.Greater, address.low);
  }
  if (value !== undefined) addRange(signature, Field.modbus__written, value, address.low * 0x10000);
}
