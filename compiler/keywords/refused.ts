/** Keywords of Suricata that are known here and refused, with the reason a user is told. */
import { RuleError } from "../rule/problem.ts";
import { family, type Keyword } from "./keyword.ts";

const REASONS: readonly (readonly [reason: string, names: readonly string[]])[] = [
  ["scripts would run code of the rule's author in the packet path", ["lua", "luajit", "luaxform"]],
  ["needs a database of countries, which the core does not carry", ["geoip"]],
  ["needs a reputation list, which the core does not carry", ["iprep"]],
  ["needs libmagic, which the core does not carry", ["filemagic", "file.magic"]],
  ["lists of file digests are not supported", ["filemd5", "filesha1", "filesha256"]],
  ["changes the engine rather than the verdict", ["config"]],
  ["sets with JSON data are not supported", ["datarep", "datajson"]],
];

export const REFUSED_KEYWORDS: Keyword[] = family(
  "Refused",
  REASONS.flatMap(([reason, names]) =>
    names.map((name) => ({
      name,
      value: "optional" as const,
      quoting: "optional" as const,
      docs: "Refused.",
      differs: `Rules with it are refused: ${reason}.`,
      apply: () => {
        throw new RuleError(`not supported: ${reason}`);
      },
    })),
  ),
);
