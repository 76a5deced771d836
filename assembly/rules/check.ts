/**
 * The check of a candidate database: after `checkDatabase` returned LoadError.None every offset a record holds lies inside,
 * so accessors need no check. Literal tables and regex programs are checked by the room that runs them.
 */
import { Action, LoadError } from "../abi/codes";
import { CONDITION_LAST, Condition, Op } from "../abi/conditions";
import { DATABASE_MAGIC, DATABASE_VERSION, DatabaseHeader, Section, SectionRecord } from "../abi/database";
import { DatasetRecord } from "../abi/datasets";
import { BufferRecord, ListRecord, TransformRecord } from "../abi/lists";
import { PatternRecord, PrefilterRecord } from "../abi/prefilters";
import {
  AddressIndexRecord,
  AddressSetRecord,
  ExceptionRecord,
  PortSetRecord,
  RuleListRecord,
  RuleRecord,
  RuleType,
} from "../abi/rules";
import { ThresholdRecord } from "../abi/thresholds";
import { candidate, inside, setCandidate } from "./bounds";
import { checkCondition } from "./conditions";
import { xxh64 } from "./digest";
import { countOf, startOf } from "./sections";

/** Intervals of an address index: two for each of a million ranges. */
const MAX_INTERVALS: u32 = 1 << 21;

function checkSections(): bool {
  const count = load<u32>(candidate, DatabaseHeader.sections);
  if (count > 64 || !inside(DatabaseHeader.size, count * SectionRecord.size)) return false;
  for (let i: u32 = 0; i < count; i++) {
    const record = candidate + DatabaseHeader.size + <usize>i * SectionRecord.size;
    const offset = load<u32>(record, SectionRecord.offset);
    const length = load<u32>(record, SectionRecord.length);
    if ((offset & 7) != 0 || !inside(offset, length)) return false;
    let size: u32 = 0;
    const id = load<u32>(record, SectionRecord.id);
    if (id == Section.Rules) size = RuleRecord.size;
    else if (id == Section.Lists) size = ListRecord.size;
    else if (id == Section.AddressSets) size = AddressSetRecord.size;
    else if (id == Section.PortSets) size = PortSetRecord.size;
    else if (id == Section.Buffers) size = BufferRecord.size;
    else if (id == Section.Prefilters) size = PrefilterRecord.size;
    else if (id == Section.RuleIndices) size = 4;
    else if (id == Section.RuleLists) size = RuleListRecord.size;
    else if (id == Section.Datasets) size = DatasetRecord.size;
    else if (id == Section.AddressIndexes) size = AddressIndexRecord.size;
    else if (id == Section.Exceptions) size = ExceptionRecord.size;
    if (size != 0 && <u64>load<u32>(record, SectionRecord.count) * size > <u64>length) return false;
  }
  return true;
}

/** Walks a chain of conditions (offset 0: none). */
function checkChain(offset: u32): bool {
  if (offset == 0) return true;
  for (let guard: u32 = 0; guard < 4096; guard++) {
    if ((offset & 7) != 0 || !inside(offset, Condition.body)) return false;
    const c = candidate + offset;
    const length = <i32>load<u16>(c, Condition.length);
    if (length < Condition.body || (length & 7) != 0 || !inside(offset, length)) return false;
    if (!checkCondition(c, length)) return false;
    if (load<u16>(c, Condition.op) == Op.Base64Decode && !checkNested(c)) return false;
    if ((load<u32>(c, Condition.flags) & CONDITION_LAST) != 0) return true;
    offset += length;
  }
  return false;
}

/** The chain behind base64_data; chains do not nest deeper. */
function checkNested(c: usize): bool {
  let offset = load<u32>(c, 16);
  if (offset == 0) return true;
  for (let guard: u32 = 0; guard < 4096; guard++) {
    if ((offset & 7) != 0 || !inside(offset, Condition.body)) return false;
    const inner = candidate + offset;
    const length = <i32>load<u16>(inner, Condition.length);
    if (length < Condition.body || (length & 7) != 0 || !inside(offset, length)) return false;
    if (load<u16>(inner, Condition.op) == Op.Base64Decode || !checkCondition(inner, length)) return false;
    if ((load<u32>(inner, Condition.flags) & CONDITION_LAST) != 0) return true;
    offset += length;
  }
  return false;
}

function checkThresholds(offset: u32): bool {
  for (let guard: u32 = 0; offset != 0; guard++) {
    if (guard > 64 || (offset & 3) != 0 || !inside(offset, ThresholdRecord.size)) return false;
    if (load<u32>(candidate + offset, ThresholdRecord.addresses) >= max<u32>(countOf(Section.AddressSets), 1))
      return false;
    offset = load<u32>(candidate + offset, ThresholdRecord.next);
  }
  return true;
}

/** Every record names sets that are there, and the last one ends its rule's list. */
function checkExceptions(): bool {
  const count = countOf(Section.Exceptions);
  if (count < 2) return true;
  const first = startOf(Section.Exceptions);
  const addressCount = max<u32>(countOf(Section.AddressSets), 1);
  const portCount = max<u32>(countOf(Section.PortSets), 1);
  for (let i: u32 = 1; i < count; i++) {
    const e = first + <usize>i * ExceptionRecord.size;
    if (load<u32>(e, ExceptionRecord.source) >= addressCount) return false;
    if (load<u32>(e, ExceptionRecord.destination) >= addressCount) return false;
    if (load<u32>(e, ExceptionRecord.either) >= addressCount) return false;
    if (load<u32>(e, ExceptionRecord.sourcePorts) >= portCount) return false;
    if (load<u32>(e, ExceptionRecord.destinationPorts) >= portCount) return false;
    if (load<u32>(e, ExceptionRecord.eitherPorts) >= portCount) return false;
  }
  return load<u32>(first + <usize>(count - 1) * ExceptionRecord.size, ExceptionRecord.last) != 0;
}

function checkRules(): bool {
  const count = countOf(Section.Rules);
  const addressCount = max<u32>(countOf(Section.AddressSets), 1);
  const portCount = max<u32>(countOf(Section.PortSets), 1);
  const listCount = countOf(Section.Lists);
  const exceptionCount = countOf(Section.Exceptions);
  for (let i: u32 = 0; i < count; i++) {
    const rule = startOf(Section.Rules) + <usize>i * RuleRecord.size;
    const type = <i32>load<u8>(rule, RuleRecord.type);
    if (type < RuleType.IpOnly || type > RuleType.Transaction) return false;
    if (<i32>load<u8>(rule, RuleRecord.action) > Action.RejectBoth) return false;
    const protocols = load<u32>(rule, RuleRecord.protocols);
    if (protocols != 0 && !inside(protocols, 32)) return false;
    if (load<u32>(rule, RuleRecord.source) >= addressCount || load<u32>(rule, RuleRecord.destination) >= addressCount)
      return false;
    if (
      load<u32>(rule, RuleRecord.sourcePorts) >= portCount ||
      load<u32>(rule, RuleRecord.destinationPorts) >= portCount
    )
      return false;
    const first = load<u32>(rule, RuleRecord.lists);
    const n = <u32>load<u16>(rule, RuleRecord.listCount);
    if (n > 64 || first > listCount || n > listCount - first) return false;
    if (!checkChain(load<u32>(rule, RuleRecord.packet))) return false;
    if (!checkChain(load<u32>(rule, RuleRecord.payload))) return false;
    if (!checkChain(load<u32>(rule, RuleRecord.post))) return false;
    if (!checkThresholds(load<u32>(rule, RuleRecord.threshold))) return false;
    if (!checkThresholds(load<u32>(rule, RuleRecord.suppress))) return false;
    const exception = <u32>load<u16>(rule, RuleRecord.exceptions);
    if (exception != 0 && exception >= exceptionCount) return false;
  }
  const bufferRecords = countOf(Section.Buffers);
  for (let i: u32 = 0; i < listCount; i++) {
    const list = startOf(Section.Lists) + <usize>i * ListRecord.size;
    if (<u32>load<u16>(list, ListRecord.buffer) >= max<u32>(bufferRecords, 1)) return false;
    if (load<u8>(list, ListRecord.direction) > 1 || load<u16>(list, ListRecord.id) > 27) return false;
    if (!checkChain(load<u32>(list, ListRecord.conditions))) return false;
  }
  return true;
}

function checkSets(): bool {
  let count = countOf(Section.AddressSets);
  for (let i: u32 = 1; i < count; i++) {
    const set = startOf(Section.AddressSets) + <usize>i * AddressSetRecord.size;
    const n4 = load<u32>(set, AddressSetRecord.ipv4Count);
    const n6 = load<u32>(set, AddressSetRecord.ipv6Count);
    if (n4 > 0x100000 || n6 > 0x100000) return false;
    if (n4 != 0 && !inside(load<u32>(set, AddressSetRecord.ipv4), n4 * 8)) return false;
    if (n6 != 0 && !inside(load<u32>(set, AddressSetRecord.ipv6), n6 * 32)) return false;
  }
  count = countOf(Section.PortSets);
  for (let i: u32 = 1; i < count; i++) {
    const set = startOf(Section.PortSets) + <usize>i * PortSetRecord.size;
    const n = load<u32>(set, PortSetRecord.count);
    if (n > 0x10000 || (n != 0 && !inside(load<u32>(set, PortSetRecord.ranges), n * 4))) return false;
  }
  count = countOf(Section.Buffers);
  for (let i: u32 = 0; i < count; i++) {
    const record = startOf(Section.Buffers) + <usize>i * BufferRecord.size;
    const n = <u32>load<u16>(record, BufferRecord.transforms);
    const list = load<u32>(record, BufferRecord.transformList);
    if (n > 16 || (n != 0 && !inside(list, n * TransformRecord.size))) return false;
    for (let j: u32 = 0; j < n; j++) {
      const t = candidate + list + <usize>j * TransformRecord.size;
      const length = <u32>load<u16>(t, TransformRecord.argumentLength);
      if (length != 0 && !inside(load<u32>(t, TransformRecord.argument), length)) return false;
    }
  }
  return true;
}

function checkIndexRange(first: u32, count: u32): bool {
  const indices = startOf(Section.RuleIndices);
  const total = countOf(Section.RuleIndices);
  if (first > total || count > total - first) return false;
  const ruleTotal = countOf(Section.Rules);
  for (let i: u32 = 0; i < count; i++) if (load<u32>(indices + ((<usize>(first + i)) << 2)) >= ruleTotal) return false;
  return true;
}

function checkRuleLists(): bool {
  const count = countOf(Section.RuleLists);
  for (let i: u32 = 0; i < count; i++) {
    const list = startOf(Section.RuleLists) + <usize>i * RuleListRecord.size;
    if (!checkIndexRange(load<u32>(list, RuleListRecord.first), load<u32>(list, RuleListRecord.count))) return false;
  }
  return true;
}

/** Address indexes: intervals rise from 0, positions never fall, and every rule is there. */
function checkAddressIndexes(): bool {
  const count = countOf(Section.AddressIndexes);
  for (let i: u32 = 0; i < count; i++) {
    const record = startOf(Section.AddressIndexes) + <usize>i * AddressIndexRecord.size;
    const intervals = load<u32>(record, AddressIndexRecord.intervals);
    const firsts = load<u32>(record, AddressIndexRecord.firsts);
    const positions = load<u32>(record, AddressIndexRecord.positions);
    if (intervals == 0 || intervals > MAX_INTERVALS || ((firsts | positions) & 3) != 0) return false;
    if (!inside(firsts, intervals * 4) || !inside(positions, intervals * 4 + 4)) return false;
    if (load<u32>(candidate + firsts) != 0) return false;
    for (let j: usize = 0; j < <usize>intervals; j++) {
      const at = j << 2;
      if (j > 0 && load<u32>(candidate + firsts + at) <= load<u32>(candidate + firsts + at - 4)) return false;
      if (load<u32>(candidate + positions + at) > load<u32>(candidate + positions + at, 4)) return false;
    }
    const total = load<u32>(candidate + positions + ((<usize>intervals) << 2));
    if (!checkIndexRange(load<u32>(record, AddressIndexRecord.rules), total)) return false;
  }
  return true;
}

/** The literals of a prefilter whose buffer grows. */
function checkPatterns(record: usize, literals: u32): bool {
  const patterns = load<u32>(record, PrefilterRecord.patterns);
  if (patterns == 0) return true;
  if (!inside(patterns, literals * PatternRecord.size)) return false;
  for (let i: u32 = 0; i < literals; i++) {
    const pattern = candidate + patterns + <usize>i * PatternRecord.size;
    const length = <u32>load<u16>(pattern, PatternRecord.length);
    if (length == 0 || !inside(load<u32>(pattern, PatternRecord.bytes), length)) return false;
    if (length > <u32>load<u16>(record, PrefilterRecord.longest)) return false;
  }
  return true;
}

function checkPrefilters(): bool {
  const count = countOf(Section.Prefilters);
  const total = countOf(Section.RuleIndices);
  const indices = startOf(Section.RuleIndices);
  for (let i: u32 = 0; i < count; i++) {
    const record = startOf(Section.Prefilters) + <usize>i * PrefilterRecord.size;
    if (!inside(load<u32>(record, PrefilterRecord.table), load<u32>(record, PrefilterRecord.tableLength))) return false;
    if (<u32>load<u16>(record, PrefilterRecord.buffer) >= max<u32>(countOf(Section.Buffers), 1)) return false;
    if (load<u32>(record, PrefilterRecord.ports) >= max<u32>(countOf(Section.PortSets), 1)) return false;
    const literals = load<u32>(record, PrefilterRecord.literals);
    const starts = load<u32>(record, PrefilterRecord.starts);
    if (literals >= total || starts > total || literals + 1 > total - starts) return false;
    let previous: u32 = 0;
    for (let j: u32 = 0; j <= literals; j++) {
      const start = load<u32>(indices + ((<usize>(starts + j)) << 2));
      if (start < previous) return false;
      previous = start;
    }
    if (!checkIndexRange(load<u32>(record, PrefilterRecord.rules), previous)) return false;
    if (!checkPatterns(record, literals)) return false;
  }
  return true;
}

/** Checks the candidate at `start`. */
export function checkDatabase(start: usize, length: u32, maxRules: u32): LoadError {
  setCandidate(start, length);
  if (length < <u32>DatabaseHeader.size) return LoadError.TooShort;
  if (load<u32>(start, DatabaseHeader.magic) != DATABASE_MAGIC) return LoadError.BadMagic;
  if (load<u32>(start, DatabaseHeader.version) != DATABASE_VERSION) return LoadError.BadVersion;
  if (load<u32>(start, DatabaseHeader.length) != length) return LoadError.BadLength;
  const digest = xxh64(start + DatabaseHeader.digested, length - DatabaseHeader.digested);
  if (load<u64>(start, DatabaseHeader.digest) != digest) return LoadError.BadDigest;
  if (!checkSections()) return LoadError.BadSection;
  if (countOf(Section.Rules) > maxRules) return LoadError.TooManyRules;
  if (!checkSets() || !checkExceptions()) return LoadError.BadSet;
  if (!checkRules()) return LoadError.BadRule;
  if (!checkRuleLists() || !checkPrefilters() || !checkAddressIndexes()) return LoadError.BadPrefilter;
  return LoadError.None;
}
