/** `flowbits` (Suricata manual, flow keywords): a condition, or an action once the rule matched. */
import { BitCommand, FlowBitsField } from "../../abi/conditions";
import { Flow } from "../../flow/flow";
import { Packet } from "../../wire/packet";
import { findVariable, openVariable, removeVariable, VariableKind } from "./variables";

function name(c: usize, i: u32): u32 {
  return load<u32>(c + FlowBitsField.names + ((<usize>i) << 2));
}

/** isset: any of the names is set; isnotset: any of them is not. */
export function matchFlowBits(c: usize, packet: Packet): bool {
  const command = <u32>load<u8>(c, FlowBitsField.command);
  if (packet.flow == 0) return false;
  const flow = changetype<Flow>(packet.flow);
  const n = <u32>load<u16>(c, FlowBitsField.count);
  const wanted = command == BitCommand.IsSet;
  for (let i: u32 = 0; i < n; i++) if ((findVariable(flow, VariableKind.Bit, name(c, i)) != 0) == wanted) return true;
  return false;
}

export function applyFlowBits(c: usize, packet: Packet): void {
  if (packet.flow == 0) return;
  const flow = changetype<Flow>(packet.flow);
  const n = <u32>load<u16>(c, FlowBitsField.count);
  for (let i: u32 = 0; i < n; i++) {
    const command = <u32>load<u8>(c, FlowBitsField.command);
    const is = findVariable(flow, VariableKind.Bit, name(c, i)) != 0;
    if (command == BitCommand.Set || (command == BitCommand.Toggle && !is))
      openVariable(flow, VariableKind.Bit, name(c, i));
    else if (is) removeVariable(flow, VariableKind.Bit, name(c, i));
  }
}
