/** `flowint` (Suricata manual, flow keywords): integers a flow; a condition, or an assignment once the rule matched. */
import { FlowIntCommand, FlowIntField } from "../../abi/conditions";
import { Flow } from "../../flow/flow";
import { Packet } from "../../wire/packet";
import { findVariable, openVariable, Variable, VariableKind } from "./variables";

function integerOf(flow: Flow, name: u32): u32 {
  const at = findVariable(flow, VariableKind.Integer, name);
  return at == 0 ? 0 : changetype<Variable>(at).value;
}

/** The right-hand side; false when it names an integer the flow does not have. */
let right: u32 = 0;

function operand(c: usize, flow: Flow): bool {
  right = load<u32>(c, FlowIntField.value);
  if (load<u8>(c, FlowIntField.indirect) == 0) return true;
  if (findVariable(flow, VariableKind.Integer, right) == 0) return false;
  right = integerOf(flow, right);
  return true;
}

export function matchFlowInt(c: usize, packet: Packet): bool {
  if (packet.flow == 0) return false;
  const flow = changetype<Flow>(packet.flow);
  const name = load<u32>(c, FlowIntField.name);
  const command = <u32>load<u8>(c, FlowIntField.command);
  const is = findVariable(flow, VariableKind.Integer, name) != 0;
  if (command == FlowIntCommand.IsSet) return is;
  if (command == FlowIntCommand.IsNotSet) return !is;
  if (!operand(c, flow) || !is) return false;
  const left = integerOf(flow, name);
  switch (command) {
    case FlowIntCommand.Less:
      return left < right;
    case FlowIntCommand.LessOrEqual:
      return left <= right;
    case FlowIntCommand.Equal:
      return left == right;
    case FlowIntCommand.NotEqual:
      return left != right;
    case FlowIntCommand.GreaterOrEqual:
      return left >= right;
    case FlowIntCommand.Greater:
      return left > right;
    default:
      return true;
  }
}

export function applyFlowInt(c: usize, packet: Packet): void {
  if (packet.flow == 0) return;
  const flow = changetype<Flow>(packet.flow);
  const name = load<u32>(c, FlowIntField.name);
  const command = <u32>load<u8>(c, FlowIntField.command);
  if (command > <u32>FlowIntCommand.Subtract || !operand(c, flow)) return;
  // Arithmetic makes a missing integer; it counts from 0.
  const at = openVariable(flow, VariableKind.Integer, name);
  if (at == 0) return;
  const v = changetype<Variable>(at);
  if (command == FlowIntCommand.Set) v.value = right;
  else if (command == FlowIntCommand.Add) v.value += right;
  else v.value -= right;
}
