/** What a rule's verdict depends on besides the frames of its flow: state that other flows may have had a part in. */
import { BitCommand, FlowBitsField, Op } from "../../../assembly/abi/conditions.ts";
import { DatasetCommand, DatasetField } from "../../../assembly/abi/content_conditions.ts";
import { type ConditionRecord, RuleReader, type RuleRecords } from "../engine/rule_records.ts";

function conditionsOf(rule: RuleRecords): ConditionRecord[] {
  return [...rule.packet, ...rule.payload, ...rule.lists.flatMap(({ chain }) => chain)];
}

/** Sentences, empty when the flow alone decides. Follows flowbits to the rules that set them. */
export function crossFlowState(database: Uint8Array, rule: number): string[] {
  const reader = new RuleReader(database);
  const found = new Set<string>();
  const seen = new Set<number>();
  const open = [rule];
  let setters: Map<number, number[]> | undefined;
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen.has(index) || index >= reader.ruleCount) continue;
    seen.add(index);
    const records = reader.rule(index);
    const name = `rule ${records.sid}`;
    if (records.hasThreshold) found.add(`${name} has a threshold: other flows may have counted towards it`);
    for (const { op, offset } of conditionsOf(records)) {
      if (op === Op.Xbits) found.add(`${name} tests xbits or hostbits: other flows may have set them`);
      if (op === Op.Dataset && changesDataset(reader, offset))
        found.add(`${name} fills a dataset: other flows may have too`);
      if (op !== Op.FlowBits) continue;
      setters ??= flowbitSetters(reader);
      for (const bit of bitsOf(reader, offset)) open.push(...(setters.get(bit) ?? []));
    }
  }
  return [...found];
}

function changesDataset(reader: RuleReader, offset: number): boolean {
  const command = reader.view.getUint8(offset + DatasetField.command);
  return command === DatasetCommand.Set || command === DatasetCommand.Unset;
}

function bitsOf(reader: RuleReader, offset: number): number[] {
  const count = reader.view.getUint16(offset + FlowBitsField.count, true);
  return Array.from({ length: count }, (_, i) => reader.view.getUint32(offset + FlowBitsField.names + i * 4, true));
}

/** Rules that set each flowbit. */
function flowbitSetters(reader: RuleReader): Map<number, number[]> {
  const setters = new Map<number, number[]>();
  for (let index = 0; index < reader.ruleCount; index++) {
    for (const { op, offset } of reader.rule(index).post) {
      if (op !== Op.FlowBits) continue;
      const command = reader.view.getUint8(offset + FlowBitsField.command);
      if (command === BitCommand.Unset) continue;
      for (const bit of bitsOf(reader, offset)) setters.set(bit, [...(setters.get(bit) ?? []), index]);
    }
  }
  return setters;
}
