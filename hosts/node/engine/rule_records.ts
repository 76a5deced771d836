/** The rules of a database as records: what a rule asks, for hosts that explain it. Contract: the core has adopted the database. */
import { gunzipSync } from "node:zlib";
import { CONDITION_LAST, Condition } from "../../../assembly/abi/conditions.ts";
import { DatabaseHeader, Section, SectionRecord } from "../../../assembly/abi/database.ts";
import { BufferRecord, ListRecord, TransformRecord } from "../../../assembly/abi/lists.ts";
import { RuleRecord } from "../../../assembly/abi/rules.ts";

/** One condition of a chain. */
export interface ConditionRecord {
  /** Offset in the database: what the trace names. */
  offset: number;
  op: number;
  flags: number;
  length: number;
}

/** One rule, by its offsets. */
export interface RuleRecords {
  index: number;
  /** Offset of its RuleRecord. */
  at: number;
  sid: number;
  gid: number;
  type: number;
  flags: number;
  /** Header and state conditions; none when empty. */
  packet: ConditionRecord[];
  payload: ConditionRecord[];
  /** What it does once it matched. */
  post: ConditionRecord[];
  lists: ListRecords[];
  hasThreshold: boolean;
}

export interface ListRecords {
  index: number;
  /** Base buffer, with the count of transforms on it. */
  buffer: number;
  transforms: number[];
  direction: number;
  flags: number;
  appProto: number;
  progress: number;
  chain: ConditionRecord[];
}

/** Names the rules use, by kind and hash. */
export type RuleNames = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Reads records of a database. */
export class RuleReader {
  readonly view: DataView;
  private readonly bytes: Uint8Array;
  private readonly sections = new Map<number, { offset: number; length: number; count: number }>();

  constructor(database: Uint8Array) {
    this.bytes = database;
    this.view = new DataView(database.buffer, database.byteOffset, database.byteLength);
    const count = this.view.getUint32(DatabaseHeader.sections, true);
    for (let index = 0; index < count; index++) {
      const at = DatabaseHeader.size + index * SectionRecord.size;
      this.sections.set(this.view.getUint32(at + SectionRecord.id, true), {
        offset: this.view.getUint32(at + SectionRecord.offset, true),
        length: this.view.getUint32(at + SectionRecord.length, true),
        count: this.view.getUint32(at + SectionRecord.count, true),
      });
    }
  }

  get ruleCount(): number {
    return this.sections.get(Section.Rules)?.count ?? 0;
  }

  /** SHA-256 of the rule text the database was made from, in hex. */
  get ruleDigest(): string {
    const start = DatabaseHeader.ruleDigest;
    return Buffer.from(this.bytes.subarray(start, start + 32)).toString("hex");
  }

  rule(index: number): RuleRecords {
    const { view } = this;
    const at = this.sections.get(Section.Rules)!.offset + index * RuleRecord.size;
    const u32 = (field: number): number => view.getUint32(at + field, true);
    const first = u32(RuleRecord.lists);
    const lists = Array.from({ length: view.getUint16(at + RuleRecord.listCount, true) }, (_, i) =>
      this.list(first, i),
    );
    return {
      index,
      at,
      sid: u32(RuleRecord.sid),
      gid: u32(RuleRecord.gid),
      type: view.getUint8(at + RuleRecord.type),
      flags: u32(RuleRecord.flags),
      packet: this.chain(u32(RuleRecord.packet)),
      payload: this.chain(u32(RuleRecord.payload)),
      post: this.chain(u32(RuleRecord.post)),
      lists,
      hasThreshold: u32(RuleRecord.threshold) !== 0,
    };
  }

  /** The conditions from `offset` to the end of their chain; none at offset 0. */
  chain(offset: number): ConditionRecord[] {
    const conditions: ConditionRecord[] = [];
    for (let at = offset; at !== 0; ) {
      const condition = {
        offset: at,
        op: this.view.getUint16(at + Condition.op, true),
        flags: this.view.getUint32(at + Condition.flags, true),
        length: this.view.getUint16(at + Condition.length, true),
      };
      conditions.push(condition);
      if ((condition.flags & CONDITION_LAST) !== 0 || condition.length === 0) break;
      at += condition.length;
    }
    return conditions;
  }

  slice(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, offset + length);
  }

  /** The names of flowbits, variables, datasets and frames. */
  names(): RuleNames {
    const section = this.sections.get(Section.Names);
    if (!section) return {};
    return JSON.parse(gunzipSync(this.slice(section.offset, section.length)).toString("utf8")) as RuleNames;
  }

  private list(first: number, index: number): ListRecords {
    const { view } = this;
    const at = this.sections.get(Section.Lists)!.offset + (first + index) * ListRecord.size;
    const buffer =
      this.sections.get(Section.Buffers)!.offset + view.getUint16(at + ListRecord.buffer, true) * BufferRecord.size;
    const transforms = view.getUint32(buffer + BufferRecord.transformList, true);
    return {
      index,
      buffer: view.getUint16(buffer + BufferRecord.base, true),
      transforms: Array.from({ length: view.getUint16(buffer + BufferRecord.transforms, true) }, (_, i) =>
        view.getUint16(transforms + i * TransformRecord.size + TransformRecord.op, true),
      ),
      direction: view.getUint8(at + ListRecord.direction),
      flags: view.getUint8(at + ListRecord.flags),
      appProto: view.getUint8(at + ListRecord.appProto),
      progress: view.getUint8(at + ListRecord.progress),
      chain: this.chain(view.getUint32(at + ListRecord.conditions, true)),
    };
  }
}
