/** A new database: checked by the rooms that will read it, then put in force between two frames; flows keep their state. */
import { LoadError } from "../abi/codes";
import { CONDITION_LAST, Condition, Op } from "../abi/conditions";
import { PcreField } from "../abi/content_conditions";
import { Section } from "../abi/database";
import { BufferRecord, ListRecord, Transform, TransformRecord } from "../abi/lists";
import { PrefilterRecord } from "../abi/prefilters";
import { RuleRecord } from "../abi/rules";
import { forgetFrameTypes, wantFrameType } from "../app/frame";
import { checkLiteralTable } from "../match/literal";
import { checkRegex } from "../match/regex";
import { candidate } from "../rules/bounds";
import { checkDatabase } from "../rules/check";
import { enforce, lists, ruleCount } from "../rules/database";
import { countOf, startOf } from "../rules/sections";
import { forgetRuleCosts } from "../verdict/cost";
import { findTraced } from "./account";
import { indexPrefilters, MAX_LITERALS } from "./prefilter";

/** Regex programs of one chain. */
function checkChain(offset: u32): bool {
  if (offset == 0) return true;
  let c = candidate + offset;
  while (true) {
    const op = <u32>load<u16>(c, Condition.op);
    if (
      op == <u32>Op.Pcre &&
      !checkRegex(candidate + load<u32>(c, PcreField.program), load<u32>(c, PcreField.programLength))
    )
      return false;
    if (op == <u32>Op.Base64Decode && !checkChain(load<u32>(c, 16))) return false;
    if ((load<u32>(c, Condition.flags) & CONDITION_LAST) != 0) return true;
    c += load<u16>(c, Condition.length);
  }
}

function checkPrograms(): bool {
  const rules = countOf(Section.Rules);
  for (let i: u32 = 0; i < rules; i++) {
    if (!checkChain(load<u32>(startOf(Section.Rules) + <usize>i * RuleRecord.size, RuleRecord.payload))) return false;
  }
  const lists = countOf(Section.Lists);
  for (let i: u32 = 0; i < lists; i++) {
    if (!checkChain(load<u32>(startOf(Section.Lists) + <usize>i * ListRecord.size, ListRecord.conditions)))
      return false;
  }
  const buffers = countOf(Section.Buffers);
  for (let i: u32 = 0; i < buffers; i++) {
    const record = startOf(Section.Buffers) + <usize>i * BufferRecord.size;
    const n = <u32>load<u16>(record, BufferRecord.transforms);
    for (let j: u32 = 0; j < n; j++) {
      const t = candidate + load<u32>(record, BufferRecord.transformList) + <usize>j * TransformRecord.size;
      if (load<u16>(t, TransformRecord.op) != <u16>Transform.Pcrexform) continue;
      if (!checkRegex(candidate + load<u32>(t, TransformRecord.argument), load<u16>(t, TransformRecord.argumentLength)))
        return false;
    }
  }
  return true;
}

function checkTables(): bool {
  const count = countOf(Section.Prefilters);
  for (let i: u32 = 0; i < count; i++) {
    const record = startOf(Section.Prefilters) + <usize>i * PrefilterRecord.size;
    if (load<u32>(record, PrefilterRecord.literals) > MAX_LITERALS) return false;
    if (
      !checkLiteralTable(
        candidate + load<u32>(record, PrefilterRecord.table),
        load<u32>(record, PrefilterRecord.tableLength),
      )
    )
      return false;
  }
  return true;
}

/** Parsers note only frames that a rule names. */
function noteFrameTypes(): void {
  forgetFrameTypes();
  const n = countOf(Section.Lists);
  for (let i: u32 = 0; i < n; i++) {
    const type = load<u32>(lists + <usize>i * ListRecord.size, ListRecord.frame);
    if (type != 0) wantFrameType(type);
  }
}

/** Checks the database at `start` and puts it in force; on an error the old one stays. */
export function adoptDatabase(start: usize, length: u32, maxRules: u32): LoadError {
  const error = checkDatabase(start, length, maxRules);
  if (error != LoadError.None) return error;
  if (!checkPrograms()) return LoadError.BadRegex;
  if (!checkTables()) return LoadError.BadPrefilter;
  enforce(length);
  indexPrefilters();
  noteFrameTypes();
  forgetRuleCosts(ruleCount);
  findTraced();
  return LoadError.None;
}
