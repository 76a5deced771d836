/** `dataset`: is the buffer one of many values? Suricata manual, "Datasets". */
import { DatasetCommand, Op } from "../../assembly/abi/conditions.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import type { Dataset } from "../signature/shared.ts";
import { parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";

const COMMANDS: Readonly<Record<string, DatasetCommand>> = {
  isset: DatasetCommand.IsSet,
  isnotset: DatasetCommand.IsNotSet,
  set: DatasetCommand.Set,
  unset: DatasetCommand.Unset,
};

const DIGEST_BYTES: Readonly<Record<string, number>> = { md5: 16, sha256: 32 };
const DEFAULT_HASH_SIZE = 4096;

export const DATASET_KEYWORDS: Keyword[] = family("Datasets", [
  {
    name: "dataset",
    value: "required",
    docs: "`isset|isnotset|set|unset,name, type string|md5|sha256, load file`; sets live in memory.",
    differs: "Sets of the types ipv4 and ip, and of JSON data, are refused; nothing is saved to files.",
    apply: applyDataset,
  },
]);

function applyDataset(signature: SignatureBuilder, { text }: { text: string }): void {
  const [word, name, ...rest] = splitCommas(text);
  const command = COMMANDS[word ?? ""];
  if (command === undefined) throw new RuleError(`"${word}" is not a dataset command`);
  if (name === undefined || name === "" || /\s/.test(name)) throw new RuleError(`"${text}" names no set`);
  if (signature.activeBuffer === undefined) throw new RuleError("dataset must follow a sticky buffer");
  let type: string | undefined;
  let file: string | undefined;
  let hashSize = DEFAULT_HASH_SIZE;
  for (const part of rest) {
    const found = /^(\w+)\s+(\S+)$/.exec(part);
    if (found === null) throw new RuleError(`"${part}" is not a dataset option`);
    const [, key, value] = found as unknown as [string, string, string];
    if (key === "type") type = value.toLowerCase();
    else if (key === "load" || key === "state") file = value;
    else if (key === "hashsize") hashSize = parseUnsigned(value, 1 << 24);
    else if (key !== "save" && key !== "memcap") throw new RuleError(`"${part}" is not a dataset option`);
  }
  const index = findOrAdd(signature, name, type, file, hashSize);
  signature.add({ op: Op.Dataset, dataset: index, command });
}

function findOrAdd(
  signature: SignatureBuilder,
  name: string,
  type: string | undefined,
  file: string | undefined,
  hashSize: number,
): number {
  const { datasets, names, readFile } = signature.shared;
  const known = datasets.findIndex((set) => set.name === name);
  if (known >= 0) {
    if (type !== undefined && datasets[known]!.type !== type) throw new RuleError(`the set "${name}" has another type`);
    return known;
  }
  if (type !== "string" && type !== "md5" && type !== "sha256") {
    throw new RuleError(type === undefined ? "the type is missing" : `sets of type "${type}" are not supported`);
  }
  names.hash("dataset", name);
  const values: Uint8Array[] = [];
  if (file !== undefined) {
    const bytes = readFile(file);
    if (bytes === undefined) throw new RuleError(`the file "${file}" cannot be read`);
    values.push(...parseValues(Buffer.from(bytes).toString("utf8"), type, file));
  }
  datasets.push({ name, type, values, hashSize } satisfies Dataset);
  return datasets.length - 1;
}

/** Strings stand in the file in base64, digests in hexadecimal, one a line. */
function* parseValues(source: string, type: "string" | "md5" | "sha256", file: string): Generator<Uint8Array> {
  let line = 0;
  for (const text of source.split("\n")) {
    line += 1;
    const value = text.trim().split(",")[0]!;
    if (value === "") continue;
    if (type === "string") {
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw new RuleError(`line ${line} of "${file}" is not base64`);
      yield Uint8Array.from(Buffer.from(value, "base64"));
    } else {
      const bytes = DIGEST_BYTES[type]!;
      if (!/^[0-9a-fA-F]+$/.test(value) || value.length !== bytes * 2) {
        throw new RuleError(`line ${line} of "${file}" is not a ${type} digest`);
      }
      yield Uint8Array.from(Buffer.from(value, "hex"));
    }
  }
}
