/** What the matcher concludes about one CVE and one component. */

/**
 * - `vulnerable`: the version is affected, a fixed one exists
 * - `unfixed`, `wont_fix`: affected, and the vendor has no fix yet or will never make one (end of life included)
 * - `fixed`: the source names the version as repaired
 * - `not_affected`: the source says so, or a setting on this host takes the vulnerability away
 * - `unknown`: the source has not decided. No row at all gives no finding: nothing is known, which is not "not affected"
 */
export type Verdict = "vulnerable" | "fixed" | "not_affected" | "wont_fix" | "unfixed" | "unknown";

export interface Finding {
  cve: string;
  /** Id of the component in the inventory. */
  component: string;
  verdict: Verdict;
  /** 0 to 1: how sure the version and the data about it are. */
  confidence: number;
  /** One sentence: what was compared with what. */
  evidence: string;
  /** The vendor's fixed version or update. */
  fixedIn?: string;
  advisory?: string;
  /** Fixed on disk, but a process still runs the old files. */
  restartPending?: boolean;
  mitigation?: string;
  exposure: Exposure;
}

export interface Exposure {
  /**
   * - `listening`: reachable from outside through `ports`
   * - `loopback`: only this host reaches it directly; a proxy on the host may forward to it
   * - `loaded`: runs, listens on nothing known
   * - `installed`: no process uses it
   * - `unknown`: nobody could tell
   */
  state: "listening" | "loopback" | "loaded" | "installed" | "unknown";
  ports: ExposedPort[];
  /** A listener whose owner is not known may be this one: it counts as exposed. */
  assumed?: boolean;
}

export interface ExposedPort {
  protocol: "tcp" | "udp";
  port: number;
}

/** Verdicts for which a virtual patch is wanted. */
export function isOpen(verdict: Verdict): boolean {
  return verdict === "vulnerable" || verdict === "unfixed" || verdict === "wont_fix";
}
