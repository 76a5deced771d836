/** What a policy makes of a rule before it is compiled: facts that no rule text can state. */
import type { AddressSet } from "../address.ts";
import type { PortSet } from "../port.ts";
import type { RuleAst } from "../rule/ast.ts";

/** Traffic a rule is not asked about: everything that is named must hold. */
export interface TrafficException {
  readonly source?: AddressSet;
  readonly destination?: AddressSet;
  /** Of the source or the destination. */
  readonly either?: AddressSet;
  readonly sourcePorts?: PortSet;
  readonly destinationPorts?: PortSet;
  readonly eitherPorts?: PortSet;
}

export interface RuleAdjustment {
  /** The rule to compile: with another action, narrowed ports, or `noalert` behind its options. */
  readonly rule: RuleAst;
  /** Its drops are recorded, and pass. */
  readonly detectOnly?: boolean;
  readonly exceptions?: readonly TrafficException[];
}
