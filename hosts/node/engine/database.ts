/** A rule database (.vpdb) as the host reads it: its head, for good errors, and the section that describes the rules. */
import { gunzipSync } from "node:zlib";
import {
  DATABASE_MAGIC,
  DATABASE_VERSION,
  DatabaseHeader,
  RuleRecord,
  Section,
  SectionRecord,
} from "../../../assembly/abi/database.ts";
import { VpatchError } from "../errors.ts";
import type { RuleDescription } from "../eve/rules.ts";

/** Most bytes the descriptions of a rule set have: a bomb in their place is refused. */
const MAX_DESCRIPTIONS = 256 * 1024 * 1024;

/** What is wrong with a database; the core checks every offset besides. */
function refuse(message: string, file: string | undefined, remedy = "compile the rules again"): VpatchError {
  return new VpatchError("VPATCH_DATABASE", message, { remedy, ...(file === undefined ? {} : { location: { file } }) });
}

/** The descriptions of a database's rules, by index. @throws VpatchError when it is no database of this version, or cut off */
export function readRuleDescriptions(database: Uint8Array, file?: string): RuleDescription[] {
  const view = new DataView(database.buffer, database.byteOffset, database.byteLength);
  if (database.length < DatabaseHeader.size || view.getUint32(DatabaseHeader.magic, true) !== DATABASE_MAGIC) {
    throw refuse(
      database.length === 0 ? "the database is empty" : "not a rule database",
      file,
      "give a file that vpatch compile wrote",
    );
  }
  const version = view.getUint32(DatabaseHeader.version, true);
  if (version !== DATABASE_VERSION)
    throw refuse(`the database has version ${version}, ${DATABASE_VERSION} is needed`, file);
  const length = view.getUint32(DatabaseHeader.length, true);
  if (length !== database.length)
    throw refuse(`the database says it has ${length} bytes, the file has ${database.length}`, file);
  const sections = view.getUint32(DatabaseHeader.sections, true);
  for (let index = 0; index < sections; index++) {
    const record = DatabaseHeader.size + index * SectionRecord.size;
    if (record + SectionRecord.size > length) break;
    if (view.getUint32(record + SectionRecord.id, true) !== Section.Metadata) continue;
    const start = view.getUint32(record + SectionRecord.offset, true);
    const bytes = view.getUint32(record + SectionRecord.length, true);
    if (start + bytes > length) throw refuse("the database's section of rule descriptions lies outside it", file);
    return parseDescriptions(database.subarray(start, start + bytes), ruleNumbers(view, sections), file);
  }
  return [];
}

type RuleNumbers = Pick<RuleDescription, "sid" | "gid">;

const EMPTY: RuleDescription = { sid: 0, gid: 1, rev: 0, msg: "", category: "", priority: 3 };

/** sid and gid of every rule record. */
function ruleNumbers(view: DataView, sections: number): RuleNumbers[] {
  const numbers: RuleNumbers[] = [];
  for (let index = 0; index < sections; index++) {
    const record = DatabaseHeader.size + index * SectionRecord.size;
    if (record + SectionRecord.size > view.byteLength) break;
    if (view.getUint32(record + SectionRecord.id, true) !== Section.Rules) continue;
    const start = view.getUint32(record + SectionRecord.offset, true);
    const count = view.getUint32(record + SectionRecord.count, true);
    for (let at = start; numbers.length < count && at + RuleRecord.size <= view.byteLength; at += RuleRecord.size) {
      numbers.push({ sid: view.getUint32(at + RuleRecord.sid, true), gid: view.getUint32(at + RuleRecord.gid, true) });
    }
  }
  return numbers;
}

function parseDescriptions(
  section: Uint8Array,
  numbers: readonly RuleNumbers[],
  file: string | undefined,
): RuleDescription[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(gunzipSync(section, { maxOutputLength: MAX_DESCRIPTIONS }).toString("utf8"));
  } catch {
    throw refuse("the database's rule descriptions are damaged", file);
  }
  const rules = Array.isArray(parsed) ? parsed : (parsed as { rules?: unknown } | null)?.rules;
  if (!Array.isArray(rules)) throw refuse("the database's rule descriptions are damaged", file);
  return (rules as RuleDescription[]).map((rule, index) => ({ ...EMPTY, ...numbers[index], ...rule }));
}
