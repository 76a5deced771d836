/** Reference systems: `reference.config`, which turns `reference:cve,2021-44228` into an address. */
import type { RuleProblem } from "../rule/problem.ts";

/** Lower-case system name to address prefix. */
export type References = ReadonlyMap<string, string>;

const LINE = /^\s*config\s+reference\s*:\s*([a-zA-Z][\w-]*)\s+(\S+)\s*$/;

export function parseReferences(file: string, source: string): { references: References; problems: RuleProblem[] } {
  const references = new Map<string, string>();
  const problems: RuleProblem[] = [];
  source.split(/\r?\n/).forEach((text, index) => {
    if (text.trim() === "" || text.trimStart().startsWith("#")) return;
    const found = LINE.exec(text);
    if (found === null) {
      const advice = `write "config reference: name address-prefix"`;
      problems.push({ file, line: index + 1, column: 1, reason: "not a reference system", advice });
      return;
    }
    const key = found[1]!.toLowerCase();
    if (!references.has(key)) references.set(key, found[2]!);
  });
  return { references, problems };
}

/** The systems of the stock reference.config. */
export const DEFAULT_REFERENCES: References = new Map([
  ["bugtraq", "http://www.securityfocus.com/bid/"],
  ["bid", "http://www.securityfocus.com/bid/"],
  ["cve", "http://cve.mitre.org/cgi-bin/cvename.cgi?name="],
  ["secunia", "http://www.secunia.com/advisories/"],
  ["arachnids", "http://www.whitehats.com/info/IDS"],
  ["mcafee", "http://vil.nai.com/vil/content/v_"],
  ["nessus", "http://cgi.nessus.org/plugins/dump.php3?id="],
  ["url", "http://"],
  ["et", "http://doc.emergingthreats.net/"],
  ["etpro", "http://doc.emergingthreatspro.com/"],
  ["telus", "http://"],
  ["osvdb", "http://osvdb.org/show/osvdb/"],
  ["threatexpert", "http://www.threatexpert.com/report.aspx?md5="],
  ["md5", "http://www.threatexpert.com/report.aspx?md5="],
  ["exploitdb", "http://www.exploit-db.com/exploits/"],
  ["openpacket", "https://www.openpacket.org/capture/grab/"],
  ["securitytracker", "http://securitytracker.com/id?"],
  ["xforce", "http://xforce.iss.net/xforce/xfdb/"],
  ["msft", "http://technet.microsoft.com/security/bulletin/"],
]);
