/** Signatures in a form tests can show. */
import { AppProto, Direction } from "../../assembly/abi/codes.ts";
import { Op } from "../../assembly/abi/conditions.ts";
import { ListFlag, Transform } from "../../assembly/abi/lists.ts";
import { RuleFlag, RuleType } from "../../assembly/abi/rules.ts";
import { DEFAULT_CLASSIFICATIONS } from "../../compiler/config/classification.ts";
import { DEFAULT_REFERENCES } from "../../compiler/config/reference.ts";
import { parseRules } from "../../compiler/rule/parser.ts";
import { formatProblem } from "../../compiler/rule/problem.ts";
import { assemble } from "../../compiler/signature/assemble.ts";
import type { Condition } from "../../compiler/signature/conditions.ts";
import { fastPattern } from "../../compiler/signature/fast_pattern.ts";
import type { Signature } from "../../compiler/signature/finish.ts";
import { NameTable, type SharedTables } from "../../compiler/signature/shared.ts";
import { Variables } from "../../compiler/variables.ts";

export function sharedTables(): SharedTables {
  return {
    addresses: new Variables("address"),
    ports: new Variables("port"),
    classifications: DEFAULT_CLASSIFICATIONS,
    references: DEFAULT_REFERENCES,
    readFile: () => undefined,
    datasets: [],
    names: new NameTable(),
    warn: () => {},
  };
}

/** The signatures of one rule: two for `<>`. */
export function signatures(rule: string): Signature[] {
  const { rules, problems } = parseRules("t.rules", rule);
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join("\n"));
  return assemble(rules[0]!, sharedTables());
}

/** A rule with the options `body`, of the header `header`. */
export function signature(header: string, body: string): Signature {
  return signatures(`alert ${header} any any -> any any (${body} sid:1;)`)[0]!;
}

/** `flags` as names, in the order of the enum. */
export function flagNames(flags: number): string {
  return Object.entries(RuleFlag)
    .filter(([, bit]) => typeof bit === "number" && (flags & bit) !== 0)
    .map(([name]) => name)
    .join(" ");
}

export function typeName(signature: Signature): string {
  return RuleType[signature.type];
}

/** Lists as `http.uri@Http1>1` (protocol, direction, progress), with transforms and flags. */
export function lists({ lists: all }: Signature): string[] {
  return all.map(({ use, engine, flags, id }) => {
    const transforms = use.transforms.map(({ op }) => `|${Transform[op]}`).join("");
    const way = engine.direction === Direction.ToServer ? ">" : "<";
    const app = engine.app === AppProto.Unknown ? "" : AppProto[engine.app];
    const names = [ListFlag.Stream, ListFlag.File, ListFlag.Multi, ListFlag.Generic, ListFlag.Hook]
      .filter((flag) => (flags & flag) !== 0)
      .map((flag) => ` ${ListFlag[flag]}`)
      .join("");
    return `${id} ${use.definition.name}${transforms}@${app}${way}${engine.progress}${names}`;
  });
}

/** Conditions as `Content "a" distance=0`: the op and what it holds. */
export function show(conditions: readonly Condition[]): string[] {
  return conditions.map((condition) => {
    const parts = Object.entries(condition)
      .filter(([key, value]) => key !== "op" && value !== undefined && value !== false)
      .map(([key, value]) => (key === "pattern" ? text(value) : value === true ? key : `${key}=${plain(value)}`));
    return [Op[condition.op], ...parts].join(" ");
  });
}

/** The fast pattern and the buffer it is in. */
export function prefilter(one: Signature): string {
  const found = fastPattern(one);
  if (found === undefined) return "none";
  const where = found.use === "payload" ? "payload" : found.use.definition.name;
  return `${where} ${text(found.literal.bytes)}${found.literal.nocase ? " nocase" : ""}`;
}

function text(bytes: unknown): string {
  return JSON.stringify(Buffer.from(bytes as Uint8Array).toString("latin1"));
}

function plain(value: unknown): string {
  if (value instanceof Uint8Array) return text(value);
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? Number(part) : part));
}
