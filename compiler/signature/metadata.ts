/** What a rule says to people: the part of the database that only hosts read. */

export interface RuleMetadata {
  msg: string;
  rev: number;
  /** Name of the class as the rule writes it. */
  classtype?: string;
  /** Description of the class: `alert.category`. */
  category: string;
  /** 1 is the most urgent: `alert.severity`. */
  priority: number;
  references: string[];
  /** `metadata` key to its values, in the order of the rule. */
  metadata: Record<string, string[]>;
  target?: "src_ip" | "dest_ip";
}

export function emptyMetadata(): RuleMetadata {
  return { msg: "", rev: 0, category: "", priority: 3, references: [], metadata: {} };
}
