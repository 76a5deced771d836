/** What alerts say about a rule beyond its number; from the database's metadata section, by the rule's index. */
export interface RuleDescription {
  sid: number;
  gid: number;
  rev: number;
  msg: string;
  /** The class's description: `alert.category`. */
  category: string;
  /** 1 is the most urgent: `alert.severity`. */
  priority: number;
  /** As addresses: `https://nvd.nist.gov/vuln/detail/CVE-2021-44228`. */
  references?: readonly string[];
  metadata?: Readonly<Record<string, readonly string[]>>;
  /** Which side the rule says is attacked. */
  target?: "src_ip" | "dest_ip";
  /** The rule's text. */
  text?: string;
}
