/** Sections of the candidate database. */
import { DatabaseHeader, Section, SectionRecord } from "../abi/database";
import { candidate } from "./bounds";

function section(id: Section): usize {
  const count = load<u32>(candidate, DatabaseHeader.sections);
  for (let i: u32 = 0; i < count; i++) {
    const record = candidate + DatabaseHeader.size + <usize>i * SectionRecord.size;
    if (load<u32>(record, SectionRecord.id) == <u32>id) return record;
  }
  return 0;
}

/** Records of a section, 0 when it is absent. */
export function countOf(id: Section): u32 {
  const s = section(id);
  return s == 0 ? 0 : load<u32>(s, SectionRecord.count);
}

/** First byte of a section, 0 when it is absent. */
export function startOf(id: Section): usize {
  const s = section(id);
  return s == 0 ? 0 : candidate + load<u32>(s, SectionRecord.offset);
}
