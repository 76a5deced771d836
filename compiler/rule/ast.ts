/**
 * The syntax tree of one rule, before any keyword is understood.
 *
 * The tree keeps every option in the order of the text, with its position, so that whatever refuses the rule later can
 * say where. Values stay as written (quotes and escapes included): how a value is quoted is a matter of its keyword.
 */

/** Where something stands in a rule file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `alert`, or in firewall rules `accept:hook`, `drop:flow`, `accept:flow,alert`: the scope and the further action. */
export interface ActionAst {
  readonly name: string;
  readonly scope?: string;
  readonly also?: string;
  readonly line: number;
  readonly column: number;
}

/** `tcp`, `http`, or with a hook `http1:request_line`, `tcp:flow_start`. Names are in lower case. */
export interface ProtocolAst {
  readonly name: string;
  readonly hook?: string;
  readonly line: number;
  readonly column: number;
}

/**
 * An address or port expression. `item` is a single address, network, port or range as written: what it means is read
 * by `compiler/address.ts` and `compiler/port.ts`.
 */
export type ListNode =
  | { readonly kind: "any"; readonly negated: boolean; readonly column: number }
  | { readonly kind: "item"; readonly negated: boolean; readonly text: string; readonly column: number }
  | { readonly kind: "variable"; readonly negated: boolean; readonly name: string; readonly column: number }
  | {
      readonly kind: "group";
      readonly negated: boolean;
      readonly members: readonly ListNode[];
      readonly column: number;
    };

/** `=>` is the transaction rule of Suricata 8, which may look at both directions of one transaction. */
export type Direction = "->" | "<>" | "=>";

/** One `name:value;` of the rule body. `value` is trimmed text; it is absent for `name;`. */
export interface OptionAst {
  readonly name: string;
  readonly value?: string;
  readonly line: number;
  readonly column: number;
}

export interface RuleAst {
  readonly file: string;
  readonly line: number;
  /** False for a rule that is commented out (`#alert ...`). */
  readonly enabled: boolean;
  readonly action: ActionAst;
  readonly protocol: ProtocolAst;
  readonly source: ListNode;
  readonly sourcePort: ListNode;
  readonly direction: Direction;
  readonly destination: ListNode;
  readonly destinationPort: ListNode;
  readonly options: readonly OptionAst[];
  /** The rule on one line, as the engine logs it. */
  readonly text: string;
}
