/** Rule classes: `classification.config` and the table that holds where no file is given. */
import type { RuleProblem } from "../rule/problem.ts";

export interface Classification {
  /** As rules name it in `classtype`; looked up without regard to case. */
  readonly name: string;
  /** As alerts name it in `alert.category`. */
  readonly description: string;
  /** 1 is the most urgent. */
  readonly priority: number;
}

export type Classifications = ReadonlyMap<string, Classification>;

const LINE = /^\s*config\s+classification\s*:\s*([a-zA-Z][\w-]*)\s*,\s*(.+?)\s*,\s*(\d+)\s*$/;

/** Reads a classification.config. A name that comes twice keeps its first meaning, as in Suricata. */
export function parseClassifications(
  file: string,
  source: string,
): { classifications: Classifications; problems: RuleProblem[] } {
  const classifications = new Map<string, Classification>();
  const problems: RuleProblem[] = [];
  source.split(/\r?\n/).forEach((text, index) => {
    if (text.trim() === "" || text.trimStart().startsWith("#")) return;
    const found = LINE.exec(text);
    if (found === null) {
      problems.push({
        file,
        line: index + 1,
        column: 1,
        reason: "not a classification",
        advice: `write "config classification: name,description,priority"`,
      });
      return;
    }
    const [, name, description, priority] = found as unknown as [string, string, string, string];
    const key = name.toLowerCase();
    if (!classifications.has(key)) classifications.set(key, { name, description, priority: Number(priority) });
  });
  return { classifications, problems };
}

/** The classes of the stock classification.config, which ET Open shares. */
export const DEFAULT_CLASSIFICATIONS: Classifications = new Map(
  (
    [
      ["not-suspicious", "Not Suspicious Traffic", 3],
      ["unknown", "Unknown Traffic", 3],
      ["bad-unknown", "Potentially Bad Traffic", 2],
      ["attempted-recon", "Attempted Information Leak", 2],
      ["successful-recon-limited", "Information Leak", 2],
      ["successful-recon-largescale", "Large Scale Information Leak", 2],
      ["attempted-dos", "Attempted Denial of Service", 2],
      ["successful-dos", "Denial of Service", 2],
      ["attempted-user", "Attempted User Privilege Gain", 1],
      ["unsuccessful-user", "Unsuccessful User Privilege Gain", 1],
      ["successful-user", "Successful User Privilege Gain", 1],
      ["attempted-admin", "Attempted Administrator Privilege Gain", 1],
      ["successful-admin", "Successful Administrator Privilege Gain", 1],
      ["rpc-portmap-decode", "Decode of an RPC Query", 2],
      ["shellcode-detect", "Executable code was detected", 1],
      ["string-detect", "A suspicious string was detected", 3],
      ["suspicious-filename-detect", "A suspicious filename was detected", 2],
      ["suspicious-login", "An attempted login using a suspicious username was detected", 2],
      ["system-call-detect", "A system call was detected", 2],
      ["tcp-connection", "A TCP connection was detected", 4],
      ["trojan-activity", "A Network Trojan was detected", 1],
      ["unusual-client-port-connection", "A client was using an unusual port", 2],
      ["network-scan", "Detection of a Network Scan", 3],
      ["denial-of-service", "Detection of a Denial of Service Attack", 2],
      ["non-standard-protocol", "Detection of a non-standard protocol or event", 2],
      ["protocol-command-decode", "Generic Protocol Command Decode", 3],
      ["web-application-activity", "access to a potentially vulnerable web application", 2],
      ["web-application-attack", "Web Application Attack", 1],
      ["misc-activity", "Misc activity", 3],
      ["misc-attack", "Misc Attack", 2],
      ["icmp-event", "Generic ICMP event", 3],
      ["inappropriate-content", "Inappropriate Content was Detected", 1],
      ["policy-violation", "Potential Corporate Privacy Violation", 1],
      ["default-login-attempt", "Attempt to login by a default username and password", 2],
      ["targeted-activity", "Targeted Malicious Activity was Detected", 1],
      ["exploit-kit", "Exploit Kit Activity Detected", 1],
      ["external-ip-check", "Device Retrieving External IP Address Detected", 2],
      ["domain-c2", "Domain Observed Used for C2 Detected", 1],
      ["pup-activity", "Possibly Unwanted Program Detected", 2],
      ["credential-theft", "Successful Credential Theft Detected", 1],
      ["social-engineering", "Possible Social Engineering Attempted", 2],
      ["coin-mining", "Crypto Currency Mining Activity Detected", 2],
      ["command-and-control", "Malware Command and Control Activity Detected", 1],
    ] as const
  ).map(([name, description, priority]) => [name, { name, description, priority }]),
);
