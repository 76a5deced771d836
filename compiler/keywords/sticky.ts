/** Rows for sticky buffers, for their older content modifiers, and for numbers of a transaction. */
import { type AppProto, Direction } from "../../assembly/abi/codes.ts";
import { CompareMode, IndexMode, Op } from "../../assembly/abi/conditions.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { RuleError } from "../rule/problem.ts";
import type { OptionValue } from "../rule/value.ts";
import { type BufferDefinition, buffer, type Engine } from "../signature/buffers.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import { type Comparison, type Enumeration, parseComparison, parseFlagNames, parseIndex } from "./integer.ts";
import type { Keyword } from "./keyword.ts";

type Row = Omit<Keyword, "family">;

/**
 * A sticky buffer: what follows is asked of it until another buffer is named.
 * @param app what the rule becomes one of; undefined for buffers of several protocols
 */
export function sticky(
  definition: BufferDefinition,
  docs: string,
  app: AppProto | undefined,
  aliases: readonly string[] = [],
): Row {
  return {
    name: definition.name,
    aliases,
    value: "optional",
    docs,
    apply: (signature, { text }) => {
      if (app !== undefined) signature.setApp(app);
      if (definition.kind === "packet") signature.requirePacket();
      signature.activate(definition, parseDirection(signature, text));
    },
  };
}

/** An older modifier that sends the content before it to a buffer: `content:"a"; http_uri;`. */
export function contentModifier(name: string, definition: BufferDefinition, app: AppProto): Row {
  return {
    name,
    value: "none",
    docs: `Older form: sends the content before it to \`${definition.name}\`.`,
    apply: (signature) => {
      signature.setApp(app);
      signature.moveLast(definition);
    },
  };
}

function parseDirection(signature: SignatureBuilder, text: string): Direction | undefined {
  if (text === "") return undefined;
  const direction = text === "to_server" ? Direction.ToServer : text === "to_client" ? Direction.ToClient : undefined;
  if (direction === undefined) throw new RuleError(`"${text}" is neither to_server nor to_client`);
  if (!signature.has(RuleFlag.BothDirections)) {
    throw new RuleError("a direction can only be given in a transaction rule", { advice: `write "=>" in the header` });
  }
  return direction;
}

export interface NumberDetails {
  /** Bits of the number. */
  readonly bits: 8 | 16 | 32 | 64;
  readonly names?: Enumeration;
  /** The names are bits of a mask. */
  readonly bitNames?: boolean;
  /** The transaction may have several: `value,index`. */
  readonly list?: boolean;
  readonly aliases?: readonly string[];
}

/** A number of a transaction, compared. */
export function number(
  name: string,
  field: number,
  engines: readonly Engine[],
  docs: string,
  app: AppProto | undefined,
  details: NumberDetails,
): Row {
  const definition = buffer(name, 0, engines, { kind: "generic" });
  return {
    name,
    aliases: details.aliases ?? [],
    value: "required",
    docs: `${docs} ${details.list ? "A comparison, then optionally `,index` (any, all, all1 or a number)." : "A comparison."}`,
    apply: (signature, { text }) => {
      if (app !== undefined) signature.setApp(app);
      const condition = details.list
        ? indexed(text, details)
        : { ...compare(text, details), index: IndexMode.Any, at: 0 };
      signature.addGeneric(definition, { op: Op.TxCompare, field, ...condition });
    },
  };
}

function compare(text: string, { bits, names = {}, bitNames = false }: NumberDetails): Comparison {
  return bitNames ? parseFlagNames(text, bits, names) : parseComparison(text, bits, names);
}

function indexed(text: string, details: NumberDetails): Comparison & { index: IndexMode; at: number } {
  const count = /^count\s*(.+)$/.exec(text.trim());
  if (count !== null) return { ...parseComparison(count[1]!.trim(), 32), index: IndexMode.Count, at: 0 };
  const { value, index, at } = parseIndex(text);
  return { ...compare(value, details), index, at };
}

/** A condition that only asks that a field of the transaction is there and equals `value`. */
export function equals(signature: SignatureBuilder, definition: BufferDefinition, field: number, value: number): void {
  signature.addGeneric(definition, { op: Op.TxCompare, field, mode: CompareMode.Equal, a: BigInt(value), b: 0n });
}

/** The text of a value, or an error that names what is known. */
export function chosen<T>(value: OptionValue, choices: Readonly<Record<string, T>>): T {
  const key = value.text.trim().toLowerCase();
  if (!Object.hasOwn(choices, key)) {
    throw new RuleError(`"${value.text}" is not known`, { advice: `known: ${Object.keys(choices).join(", ")}` });
  }
  return choices[key]!;
}
