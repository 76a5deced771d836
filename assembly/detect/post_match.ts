/** What a rule does once it matched, also when it gives no alert: set bits and integers, rewrite bytes. */
import { CONDITION_LAST, Condition, Op } from "../abi/conditions";
import { RuleFlag, RuleRecord } from "../abi/rules";
import { Flow, FlowState } from "../flow/flow";
import { database } from "../rules/database";
import { Packet } from "../wire/packet";
import { applyReplacements, forgetReplacements } from "./content/replace";
import { applyFlowBits } from "./state/flowbits";
import { applyFlowInt } from "./state/flowint";
import { applyTag } from "./state/tag";
import { applyXbits } from "./state/xbits";

export function runPostMatch(rule: usize, packet: Packet): void {
  const detectOnly = (load<u32>(rule, RuleRecord.flags) & RuleFlag.DetectOnly) != 0;
  if (detectOnly) forgetReplacements();
  else applyReplacements(packet);
  const chain = load<u32>(rule, RuleRecord.post);
  if (chain == 0) return;
  let c = database + chain;
  while (true) {
    apply(c, rule, packet);
    if ((load<u32>(c, Condition.flags) & CONDITION_LAST) != 0) return;
    c += load<u16>(c, Condition.length);
  }
}

function apply(c: usize, rule: usize, packet: Packet): void {
  switch (<u32>load<u16>(c, Condition.op)) {
    case Op.FlowBits:
      applyFlowBits(c, packet);
      break;
    case Op.FlowInt:
      applyFlowInt(c, packet);
      break;
    case Op.Xbits:
      applyXbits(c, packet);
      break;
    case Op.Tag:
      applyTag(c, rule, packet);
      break;
    case Op.Bypass:
      if (packet.flow != 0) changetype<Flow>(packet.flow).state = <u8>FlowState.Bypassed;
      break;
    default:
      break;
  }
}
