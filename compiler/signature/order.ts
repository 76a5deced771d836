/**
 * The order in which rules are inspected and their alerts come out.
 *
 * Suricata sorts by action first, then puts writers of each kind of rule state before its readers, then sorts by
 * priority and at last by sid (detect-engine-sigorder). So a rule that sets a flowbit is always tried before the one
 * that tests it on the same packet.
 */

export type RuleAction = "pass" | "drop" | "reject" | "alert";

/** `action-order` of the configuration; earlier wins. */
export const DEFAULT_ACTION_ORDER: readonly RuleAction[] = ["pass", "drop", "reject", "alert"];

/** How a rule uses one kind of state; the order of the values is the order of the rules, highest first. */
export enum StateUse {
  None = 0,
  Read = 1,
  ReadWrite = 2,
  Write = 3,
}

export function stateUse(reads: boolean, writes: boolean): StateUse {
  if (writes) return reads ? StateUse.ReadWrite : StateUse.Write;
  return reads ? StateUse.Read : StateUse.None;
}

/** What the order of a rule depends on. */
export interface OrderKey {
  readonly action: RuleAction;
  readonly flowbits: StateUse;
  readonly flowint: StateUse;
  /** Variables captured by a pcre of the payload (`flow:name`) and read by `flowvar`. */
  readonly flowvar: StateUse;
  readonly pktvar: StateUse;
  /** xbits and hostbits that belong to a host. */
  readonly hostbits: StateUse;
  /** xbits that belong to a pair of hosts. */
  readonly pairbits: StateUse;
  /** 1 comes first. */
  readonly priority: number;
  readonly sid: number;
}

/** Sorts rules; the input is not changed. Rules alike in every key keep their order. */
export function orderRules<T extends { readonly order: OrderKey }>(
  rules: readonly T[],
  actionOrder: readonly RuleAction[] = DEFAULT_ACTION_ORDER,
): T[] {
  const rank = new Map(actionOrder.map((action, index) => [action, index]));
  const rankOf = (action: RuleAction): number => rank.get(action) ?? actionOrder.length;
  return [...rules].sort((left, right) => {
    const a = left.order;
    const b = right.order;
    return (
      rankOf(a.action) - rankOf(b.action) ||
      b.flowbits - a.flowbits ||
      b.flowint - a.flowint ||
      b.flowvar - a.flowvar ||
      b.pktvar - a.pktvar ||
      b.hostbits - a.hostbits ||
      b.pairbits - a.pairbits ||
      a.priority - b.priority ||
      a.sid - b.sid
    );
  });
}
