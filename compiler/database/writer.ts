/** Writes signatures, in their final order, as a `.vpdb`. The layout stands in `assembly/abi/database.ts`. */

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import {
  DATABASE_MAGIC,
  DATABASE_VERSION,
  DatabaseHeader,
  Section,
  SectionRecord,
} from "../../assembly/abi/database.ts";
import { DatasetRecord, DatasetType } from "../../assembly/abi/datasets.ts";
import { ListFlag, ListRecord } from "../../assembly/abi/lists.ts";
import { ExceptionRecord, RuleFlag, RuleRecord } from "../../assembly/abi/rules.ts";
import { ThresholdRecord, ThresholdType } from "../../assembly/abi/thresholds.ts";
import { fnv1a } from "../hash.ts";
import type { Signature, SignatureList } from "../signature/finish.ts";
import type { Dataset } from "../signature/shared.ts";
import type { ThresholdUse } from "../signature/threshold.ts";
import { BufferWriter } from "./buffers.ts";
import { BytePool, Growing } from "./bytes.ts";
import { ConditionWriter } from "./conditions.ts";
import { writeDescriptions } from "./descriptions.ts";
import { ExceptionWriter } from "./exceptions.ts";
import { PrefilterBuilder } from "./prefilters.ts";
import { SetWriter } from "./sets.ts";
import { xxh64 } from "./xxh64.ts";

export interface DatabaseContent {
  /** Index is the internal id. */
  readonly signatures: readonly Signature[];
  readonly datasets: readonly Dataset[];
  /** What hosts say about each signature. */
  readonly descriptions: readonly object[];
  /** Names that rules are known by as hashes only. */
  readonly names: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The rule text the digest of the header is made from. */
  readonly ruleText: readonly string[];
}

/** Sections in the order in which they lie; plain bytes come first, so that offsets into them are known early. */
const ORDER = [
  Section.Bytes,
  Section.Conditions,
  Section.Rules,
  Section.Lists,
  Section.AddressSets,
  Section.PortSets,
  Section.Buffers,
  Section.Prefilters,
  Section.RuleIndices,
  Section.RuleLists,
  Section.AddressIndexes,
  Section.Datasets,
  Section.Exceptions,
  Section.Metadata,
  Section.Names,
] as const;

const FIRST = DatabaseHeader.size + ORDER.length * SectionRecord.size;

const DATASET_TYPES = {
  string: DatasetType.String,
  md5: DatasetType.Md5,
  sha256: DatasetType.Sha256,
  ipv4: DatasetType.Ipv4,
  ip: DatasetType.Ip,
};

export function writeDatabase(content: DatabaseContent): Uint8Array {
  const pool = new BytePool(FIRST);
  const conditions = new ConditionWriter(pool);
  const sets = new SetWriter(pool);
  const exceptions = new ExceptionWriter(sets);
  const buffers = new BufferWriter(pool);
  const prefilters = new PrefilterBuilder(
    ({ use }) => buffers.index(use),
    (ports) => sets.port(ports),
  );
  const rules = new Growing(content.signatures.length * RuleRecord.size + 64);
  const lists = new Growing(1 << 16);
  /** Fields of rules and lists that hold an offset in the section of conditions. */
  const links: { out: Growing; at: number }[] = [];
  const link = (out: Growing, at: number, chain: number): void => {
    out.u32(at, chain);
    if (chain !== 0) links.push({ out, at });
  };

  content.signatures.forEach((signature, index) => {
    const pattern = prefilters.add(index, signature);
    const at = rules.reserve(RuleRecord.size);
    rules.u32(at + RuleRecord.sid, signature.sid);
    rules.u32(at + RuleRecord.gid, signature.gid);
    rules.u8(at + RuleRecord.type, signature.type);
    rules.u8(at + RuleRecord.action, signature.action);
    rules.u8(at + RuleRecord.appProto, signature.app);
    rules.u32(at + RuleRecord.flags, signature.flags | (pattern === undefined ? 0 : RuleFlag.Prefiltered));
    rules.u32(at + RuleRecord.protocols, protocolBitmap(pool, signature.protocols));
    rules.u32(at + RuleRecord.source, sets.address(signature.source));
    rules.u32(at + RuleRecord.destination, sets.address(signature.destination));
    rules.u32(at + RuleRecord.sourcePorts, sets.port(signature.sourcePorts));
    rules.u32(at + RuleRecord.destinationPorts, sets.port(signature.destinationPorts));
    link(rules, at + RuleRecord.packet, conditions.chain(signature.packet));
    link(rules, at + RuleRecord.payload, conditions.chain(signature.payload));
    link(rules, at + RuleRecord.post, conditions.chain(signature.post));
    rules.u16(at + RuleRecord.dsizeLow, signature.dsize[0]);
    rules.u16(at + RuleRecord.dsizeHigh, signature.dsize[1]);
    const suppress = signature.thresholds.filter(({ type }) => type === ThresholdType.Suppress);
    const limits = signature.thresholds.filter(({ type }) => type !== ThresholdType.Suppress);
    rules.u16(at + RuleRecord.exceptions, exceptions.index(signature.exceptions));
    rules.u32(at + RuleRecord.threshold, thresholdChain(pool, sets, limits));
    rules.u32(at + RuleRecord.suppress, thresholdChain(pool, sets, suppress));
    rules.u8(at + RuleRecord.priority, signature.meta.priority);
    rules.u8(at + RuleRecord.hook, signature.hook);
    rules.u16(at + RuleRecord.hookProgress, signature.hookProgress);
    rules.u32(at + RuleRecord.lists, lists.length / ListRecord.size);
    rules.u16(at + RuleRecord.listCount, signature.lists.length);
    const isFirst = (list: SignatureList): boolean => pattern !== undefined && list.use === pattern.use;
    const sorted = [...signature.lists].sort(
      (a, b) => Number(isFirst(b)) - Number(isFirst(a)) || a.engine.progress - b.engine.progress,
    );
    for (const list of sorted) {
      const record = lists.reserve(ListRecord.size);
      lists.u16(record + ListRecord.buffer, buffers.index(list.use));
      lists.u8(record + ListRecord.direction, list.engine.direction);
      lists.u8(record + ListRecord.flags, list.flags | (isFirst(list) ? ListFlag.Prefilter : 0));
      link(lists, record + ListRecord.conditions, conditions.chain(list.conditions));
      lists.u8(record + ListRecord.appProto, list.engine.app);
      lists.u8(record + ListRecord.progress, list.engine.progress);
      lists.u16(record + ListRecord.id, list.id);
      lists.u32(record + ListRecord.frame, list.use.frame ?? 0);
    }
  });

  const found = prefilters.write(pool);
  const datasets = datasetRecords(pool, content.datasets);
  const conditionsAt = FIRST + aligned(pool.bytes.length);
  const conditionBytes = conditions.bytes(conditionsAt);
  for (const { out, at } of links) out.u32(at, out.getU32(at) + conditionsAt);

  const sections = new Map<Section, { bytes: Uint8Array; count: number }>([
    [Section.Bytes, { bytes: pool.bytes, count: 0 }],
    [Section.Conditions, { bytes: conditionBytes, count: 0 }],
    [Section.Rules, { bytes: rules.bytes, count: content.signatures.length }],
    [Section.Lists, { bytes: lists.bytes, count: lists.length / ListRecord.size }],
    [Section.AddressSets, counted(sets.addresses, 16)],
    [Section.PortSets, counted(sets.ports, 8)],
    [Section.Buffers, counted(buffers.bytes, 8)],
    [Section.Prefilters, { bytes: found.prefilters, count: found.prefilterCount }],
    [Section.RuleIndices, { bytes: found.indices, count: found.indexCount }],
    [Section.RuleLists, { bytes: found.lists, count: found.listCount }],
    [Section.AddressIndexes, found.addressIndexes],
    [Section.Datasets, { bytes: datasets, count: content.datasets.length }],
    [Section.Exceptions, counted(exceptions.bytes, ExceptionRecord.size)],
    [Section.Metadata, { bytes: writeDescriptions(content.descriptions), count: 0 }],
    [Section.Names, { bytes: gzipSync(JSON.stringify(content.names)), count: 0 }],
  ]);
  return assembleFile(sections, content.ruleText);
}

function assembleFile(
  sections: ReadonlyMap<Section, { bytes: Uint8Array; count: number }>,
  ruleText: readonly string[],
): Uint8Array {
  let length = FIRST;
  for (const id of ORDER) length += aligned(sections.get(id)!.bytes.length);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  let at = FIRST;
  ORDER.forEach((id, index) => {
    const { bytes, count } = sections.get(id)!;
    const record = DatabaseHeader.size + index * SectionRecord.size;
    view.setUint32(record + SectionRecord.id, id, true);
    view.setUint32(record + SectionRecord.offset, at, true);
    view.setUint32(record + SectionRecord.length, bytes.length, true);
    view.setUint32(record + SectionRecord.count, count, true);
    file.set(bytes, at);
    at += aligned(bytes.length);
  });
  view.setUint32(DatabaseHeader.magic, DATABASE_MAGIC, true);
  view.setUint32(DatabaseHeader.version, DATABASE_VERSION, true);
  view.setUint32(DatabaseHeader.length, length, true);
  view.setUint32(DatabaseHeader.sections, ORDER.length, true);
  const digest = createHash("sha256");
  for (const text of ruleText) digest.update(text, "utf8").update("\n");
  file.set(digest.digest(), DatabaseHeader.ruleDigest);
  view.setBigUint64(DatabaseHeader.digest, xxh64(file.subarray(DatabaseHeader.digested)), true);
  return file;
}

function aligned(length: number): number {
  return (length + 7) & ~7;
}

function counted(bytes: Uint8Array, size: number): { bytes: Uint8Array; count: number } {
  return { bytes, count: bytes.length / size };
}

/** 32 bytes, a bit for each IP protocol; 0 for any. */
function protocolBitmap(pool: BytePool, protocols: readonly number[] | undefined): number {
  if (protocols === undefined || protocols.length === 256) return 0;
  const bitmap = new Uint8Array(32);
  for (const proto of protocols) bitmap[proto >> 3]! |= 1 << (proto & 7);
  return pool.intern(bitmap, 8);
}

/** Records linked from the first to the last; 0 for none. */
function thresholdChain(pool: BytePool, sets: SetWriter, uses: readonly ThresholdUse[]): number {
  let next = 0;
  for (const use of [...uses].reverse()) {
    const record = new Growing(ThresholdRecord.size);
    record.reserve(ThresholdRecord.size);
    record.u8(ThresholdRecord.type, use.type);
    record.u8(ThresholdRecord.track, use.track);
    record.u8(ThresholdRecord.newAction, use.newAction ?? 0);
    record.u8(ThresholdRecord.multiplier, use.multiplier ?? 0);
    record.u32(ThresholdRecord.count, use.count);
    record.u32(ThresholdRecord.seconds, use.seconds);
    record.u32(ThresholdRecord.timeout, use.timeout ?? 0);
    record.u32(ThresholdRecord.addresses, use.addresses === undefined ? 0 : sets.address(use.addresses));
    record.u32(ThresholdRecord.next, next);
    next = pool.intern(record.bytes, 8);
  }
  return next;
}

/** Values stand as sorted 64-bit hashes. */
function datasetRecords(pool: BytePool, datasets: readonly Dataset[]): Uint8Array {
  const out = new Growing(64);
  for (const { name, type, values, hashSize } of datasets) {
    const hashes = BigUint64Array.from(new Set(values.map(xxh64))).sort();
    const at = out.reserve(DatasetRecord.size);
    out.u32(at + DatasetRecord.values, hashes.length === 0 ? 0 : pool.add(new Uint8Array(hashes.buffer), 8));
    out.u32(at + DatasetRecord.count, hashes.length);
    out.u8(at + DatasetRecord.type, DATASET_TYPES[type]);
    out.u32(at + DatasetRecord.name, fnv1a(name));
    out.u32(at + DatasetRecord.hashSize, hashSize);
  }
  return out.bytes;
}
