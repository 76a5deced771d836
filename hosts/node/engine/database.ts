/** A rule database (.vpdb) as the host reads it: its head, for good errors, and the section that describes the rules. */
import {
  DATABASE_MAGIC,
  DATABASE_VERSION,
  DatabaseHeader,
  Section,
  SectionRecord,
} from "../../../assembly/abi/database.ts";
import { VpatchError } from "../errors.ts";
import type { RuleDescription } from "../eve/rules.ts";
import { DescriptionReader, lazyArray } from "./descriptions.ts";

/** What is wrong with a database; the core checks every offset besides. */
function refuse(message: string, file: string | undefined, remedy = "compile the rules again"): VpatchError {
  return new VpatchError("VPATCH_DATABASE", message, { remedy, ...(file === undefined ? {} : { location: { file } }) });
}

/** The descriptions of a database's rules, by index; each is read when it is asked for, the database is not kept. @throws VpatchError when it is no database of this version, or cut off */
export function readRuleDescriptions(database: Uint8Array, file?: string): readonly RuleDescription[] {
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
  const section = (id: Section): Uint8Array => sectionOf(database, view, id, file);
  const metadata = section(Section.Metadata);
  if (metadata.length === 0) return [];
  const reader = DescriptionReader.open(metadata, section(Section.Rules));
  if (reader === undefined) throw refuse("the database's rule descriptions are damaged", file);
  return lazyArray(reader.count, (index) => reader.read(index));
}

/** The bytes of a section, none when it is absent. */
function sectionOf(database: Uint8Array, view: DataView, id: Section, file: string | undefined): Uint8Array {
  const sections = view.getUint32(DatabaseHeader.sections, true);
  for (let index = 0; index < sections; index++) {
    const record = DatabaseHeader.size + index * SectionRecord.size;
    if (record + SectionRecord.size > database.length) break;
    if (view.getUint32(record + SectionRecord.id, true) !== id) continue;
    const start = view.getUint32(record + SectionRecord.offset, true);
    const bytes = view.getUint32(record + SectionRecord.length, true);
    if (start + bytes > database.length) throw refuse("a section of the database lies outside it", file);
    return database.subarray(start, start + bytes);
  }
  return new Uint8Array(0);
}
