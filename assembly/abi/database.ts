/**
 * The rule database (`.vpdb`) as bytes: written by `compiler/database/`, checked and read by `assembly/rules/`. What its sections hold stands in
 * rules.ts, lists.ts, conditions.ts, prefilters.ts, thresholds.ts and datasets.ts beside this file.
 * Little-endian, 8-byte aligned, position independent: every `u32 offset` counts from the first byte of the database; 0 means none.
 * Field tables hold byte offsets within a record; `size` is the record's length.
 */

/** "VPDB" */
export const DATABASE_MAGIC = 0x42445056;

/** Changes whenever a record of the database changes. */
export const DATABASE_VERSION = 4;

export const enum DatabaseHeader {
  /** u32 */
  magic = 0,
  /** u32 */
  version = 4,
  /** u32, bytes of the whole database. */
  length = 8,
  /** u32, count of section records that follow the header. */
  sections = 12,
  /** u64, XXH64 (seed 0) of every byte from `digested` to the end. */
  digest = 16,
  /** 32 bytes, SHA-256 of the rule text it was made from. */
  ruleDigest = 24,
  /** The digest covers from here. */
  digested = 56,
  size = 64,
}

export const enum SectionRecord {
  /** u32, Section */
  id = 0,
  /** u32 */
  offset = 4,
  /** u32, bytes */
  length = 8,
  /** u32, count of records, 0 for plain bytes */
  count = 12,
  size = 16,
}

export enum Section {
  /** RuleRecord[], in the order in which alerts come out: index = internal id. */
  Rules = 1,
  /** ListRecord[] */
  Lists = 2,
  /** Conditions, chained; offsets from RuleRecord and ListRecord. */
  Conditions = 3,
  /** Patterns, regex programs, bitmaps: plain bytes. */
  Bytes = 4,
  /** AddressSetRecord[]; index 0 is "any" and never read. */
  AddressSets = 5,
  /** PortSetRecord[]; index 0 is "any" and never read. */
  PortSets = 6,
  /** BufferRecord[] */
  Buffers = 7,
  /** PrefilterRecord[], sorted by kind, proto, direction, progress. */
  Prefilters = 8,
  /** u32[] rule indices: what prefilter records and rule lists refer to. */
  RuleIndices = 9,
  /** RuleListRecord[]: rules that have no prefilter. */
  RuleLists = 10,
  /** DatasetRecord[] */
  Datasets = 11,
  /** For the host only (DescriptionsHeader): messages, classification, references, metadata. */
  Metadata = 12,
  /** ExceptionRecord[]; index 0 is none and never read. */
  Exceptions = 13,
  /** AddressIndexRecord[]: IP-only rules by address. */
  AddressIndexes = 14,
  /** For the host only: names of flowbits, variables, datasets, frames by their hashes, kind by kind. JSON in UTF-8, gzipped. */
  Names = 15,
}

/**
 * Descriptions of rules, in parts: who wants to know one rule reads one part. Behind the header `parts + 1` u32 offsets within the section;
 * part i is [offset(i), offset(i + 1)): JSON in UTF-8, gzipped (RFC 1952), an array with an object for each of its rules.
 */
export const enum DescriptionsHeader {
  /** u32 rules of a part; the last may have fewer */
  rulesAPart = 0,
  /** u32 count of parts */
  parts = 4,
  size = 8,
}
