/** `dataset`: is the buffer one of many values? Suricata manual, "Datasets". */
import { Op } from "../../assembly/abi/conditions.ts";
import { DatasetCommand } from "../../assembly/abi/content_conditions.ts";
import { RuleError } from "../rule/problem.ts";
import { splitCommas } from "../rule/value.ts";
import type { SignatureBuilder } from "../signature/builder.ts";
import type { Dataset } from "../signature/shared.ts";
import { parseSetValues } from "./dataset_values.ts";
import { parseUnsigned } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";

const COMMANDS: Readonly<Record<string, DatasetCommand>> = {
  isset: DatasetCommand.IsSet,
  isnotset: DatasetCommand.IsNotSet,
  set: DatasetCommand.Set,
  unset: DatasetCommand.Unset,
};

type SetType = Dataset["type"];

/** Names of types; `ipv6` is an older name of `ip`. */
const TYPES: Readonly<Record<string, SetType>> = {
  string: "string",
  md5: "md5",
  sha256: "sha256",
  ipv4: "ipv4",
  ip: "ip",
  ipv6: "ip",
};
const DEFAULT_HASH_SIZE = 4096;

export const DATASET_KEYWORDS: Keyword[] = family("Datasets", [
  {
    name: "dataset",
    value: "required",
    docs: "`isset|isnotset|set|unset,name, type string|md5|sha256|ipv4|ip, load file`; sets live in memory.",
    differs: "Sets of JSON data are refused; nothing is saved to files.",
    apply: applyDataset,
  },
]);

function applyDataset(signature: SignatureBuilder, { text }: { text: string }): void {
  const [word, name, ...rest] = splitCommas(text);
  const command = COMMANDS[word ?? ""];
  if (command === undefined) throw new RuleError(`"${word}" is not a dataset command`);
  if (name === undefined || name === "" || /\s/.test(name)) throw new RuleError(`"${text}" names no set`);
  if (signature.activeBuffer === undefined) throw new RuleError("dataset must follow a sticky buffer");
  let type: SetType | undefined;
  let file: string | undefined;
  let hashSize = DEFAULT_HASH_SIZE;
  for (const part of rest) {
    const found = /^(\w+)\s+(\S+)$/.exec(part);
    if (found === null) throw new RuleError(`"${part}" is not a dataset option`);
    const [, key, value] = found as unknown as [string, string, string];
    if (key === "type") {
      type = TYPES[value.toLowerCase()];
      if (type === undefined) throw new RuleError(`sets of type "${value}" are not supported`);
    } else if (key === "load" || key === "state") file = value;
    else if (key === "hashsize") hashSize = parseUnsigned(value, 1 << 24);
    else if (key !== "save" && key !== "memcap") throw new RuleError(`"${part}" is not a dataset option`);
  }
  const index = findOrAdd(signature, name, type, file, hashSize);
  signature.add({ op: Op.Dataset, dataset: index, command });
}

function findOrAdd(
  signature: SignatureBuilder,
  name: string,
  type: SetType | undefined,
  file: string | undefined,
  hashSize: number,
): number {
  const { datasets, names, readFile } = signature.shared;
  const known = datasets.findIndex((set) => set.name === name);
  if (known >= 0) {
    if (type !== undefined && datasets[known]!.type !== type) throw new RuleError(`the set "${name}" has another type`);
    return known;
  }
  if (type === undefined) throw new RuleError("the type is missing");
  names.hash("dataset", name);
  const values: Uint8Array[] = [];
  if (file !== undefined) {
    const bytes = readFile(file);
    if (bytes === undefined) throw new RuleError(`the file "${file}" cannot be read`);
    values.push(...parseSetValues(Buffer.from(bytes).toString("utf8"), type, file));
  }
  datasets.push({ name, type, values, hashSize } satisfies Dataset);
  return datasets.length - 1;
}
