/**
 * Rule variables: `vars.address-groups` and `vars.port-groups` of the configuration.
 *
 * Values are expressions and may name other variables. A name that is not defined is refused where it is used; a
 * definition that leads back to itself is refused with the names on the way.
 */
import type { ListNode } from "./rule/ast.ts";
import { parseList } from "./rule/expression.ts";
import { RuleError } from "./rule/problem.ts";

export type VariableGroup = "address" | "port";

/** Name to expression, as in suricata.yaml. */
export type VariableValues = Readonly<Record<string, string>>;

export interface VariableSettings {
  readonly addressGroups?: VariableValues;
  readonly portGroups?: VariableValues;
}

/** The values of the stock suricata.yaml. */
export const DEFAULT_ADDRESS_GROUPS: VariableValues = {
  HOME_NET: "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]",
  EXTERNAL_NET: "!$HOME_NET",
  HTTP_SERVERS: "$HOME_NET",
  SMTP_SERVERS: "$HOME_NET",
  SQL_SERVERS: "$HOME_NET",
  DNS_SERVERS: "$HOME_NET",
  TELNET_SERVERS: "$HOME_NET",
  AIM_SERVERS: "$EXTERNAL_NET",
  DC_SERVERS: "$HOME_NET",
  DNP3_SERVER: "$HOME_NET",
  DNP3_CLIENT: "$HOME_NET",
  MODBUS_CLIENT: "$HOME_NET",
  MODBUS_SERVER: "$HOME_NET",
  ENIP_CLIENT: "$HOME_NET",
  ENIP_SERVER: "$HOME_NET",
};

export const DEFAULT_PORT_GROUPS: VariableValues = {
  HTTP_PORTS: "80",
  SHELLCODE_PORTS: "!80",
  ORACLE_PORTS: "1521",
  SSH_PORTS: "22",
  DNP3_PORTS: "20000",
  MODBUS_PORTS: "502",
  FILE_DATA_PORTS: "[$HTTP_PORTS,110,143]",
  FTP_PORTS: "21",
  GENEVE_PORTS: "6081",
  VXLAN_PORTS: "4789",
  TEREDO_PORTS: "3544",
  SIP_PORTS: "[5060, 5061]",
};

/** One group of variables with the parsed value of each. Settings replace single defaults. */
export class Variables {
  readonly #values: Map<string, string>;
  readonly #parsed = new Map<string, ListNode>();
  readonly #group: VariableGroup;

  constructor(group: VariableGroup, settings: VariableValues = {}) {
    this.#group = group;
    const defaults = group === "address" ? DEFAULT_ADDRESS_GROUPS : DEFAULT_PORT_GROUPS;
    this.#values = new Map(Object.entries({ ...defaults, ...settings }));
  }

  get names(): string[] {
    return [...this.#values.keys()];
  }

  /** The value of a variable as a tree. @throws RuleError when it is undefined, empty or malformed */
  value(name: string): ListNode {
    const known = this.#parsed.get(name);
    if (known !== undefined) return known;
    const text = this.#values.get(name);
    const setting = `vars.${this.#group}-groups.${name}`;
    if (text === undefined) {
      throw new RuleError(`variable "$${name}" is not defined`, { advice: `define ${setting} in the configuration` });
    }
    if (text.trim() === "") throw new RuleError(`variable "$${name}" has no value`, { advice: `set ${setting}` });
    try {
      const node = parseList(text, this.#group);
      this.#parsed.set(name, node);
      return node;
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      throw new RuleError(`variable "$${name}": ${error.message}`, { advice: error.advice ?? `correct ${setting}` });
    }
  }
}

/** Follows variables while an expression is evaluated and refuses circles. */
export class VariablePath {
  readonly #names: string[] = [];

  enter(name: string): void {
    if (this.#names.includes(name)) {
      const circle = [...this.#names.slice(this.#names.indexOf(name)), name].map((part) => `$${part}`).join(" -> ");
      throw new RuleError(`variable "$${name}" is defined by itself: ${circle}`);
    }
    this.#names.push(name);
  }

  leave(): void {
    this.#names.pop();
  }
}
