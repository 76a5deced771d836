/** What the scan needs to know of a rule: which CVEs it covers, what it depends on, and where it looks. */
import type { ListNode, OptionAst, RuleAst } from "../../compiler/rule/ast.ts";
import { parseRules } from "../../compiler/rule/parser.ts";

export interface RuleSummary {
  sid: number;
  gid: number;
  rev: number;
  msg: string;
  action: string;
  /** False for a rule that is shipped commented out. */
  enabled: boolean;
  /** `CVE-YYYY-N`, sorted, from reference, metadata and msg. */
  cves: string[];
  classtype: string;
  protocol: string;
  /** Ports of the side that is attacked or that answers: the server's. */
  serverPorts: RulePorts;
  /** Which side of the rule's traffic lies in the protected network. */
  protects: "server" | "client" | "both";
  /** Bits it sets and bits it needs set by another rule; `xbits` (also of `hostbits`) and `flowint` names carry that prefix. */
  sets: string[];
  /** Each entry is satisfied by any of its names (`isset,a|b`). */
  needs: string[][];
  noalert: boolean;
  /** `attack_target`, `deployment`, `affected_product`, `confidence`, `signature_severity`, `performance_impact`. */
  metadata: Record<string, string[]>;
}

/** The port expression of one side. Variables can be narrowed to the real ports of a listener, numbers cannot. */
export interface RulePorts {
  any: boolean;
  variables: string[];
  /** Literal ports and ranges as written. */
  literals: string[];
  /** The expression excludes something, so it cannot be replaced by a list of ports. */
  negated: boolean;
}

export interface SummarizedRules {
  rules: RuleSummary[];
  /** Lines that are no rule: `file:line: reason`. */
  problems: string[];
}

/** Reads a rule file, commented-out rules included. */
export function summarizeRules(file: string, text: string): SummarizedRules {
  const parsed = parseRules(file, text, true);
  const rules: RuleSummary[] = [];
  for (const ast of parsed.rules) {
    const summary = summarize(ast);
    if (summary) rules.push(summary);
  }
  return { rules, problems: parsed.problems.map((each) => `${each.file}:${each.line}: ${each.reason}`) };
}

const metadataKeys = new Set([
  "attack_target",
  "deployment",
  "affected_product",
  "confidence",
  "signature_severity",
  "performance_impact",
]);

/** `undefined` for a rule without sid, which can be neither chosen nor retired. */
export function summarize(ast: RuleAst): RuleSummary | undefined {
  const values = (name: string): string[] =>
    ast.options.filter((option) => option.name.toLowerCase() === name).map((option) => option.value?.trim() ?? "");
  const number = (name: string): number | undefined => {
    const value = values(name)[0];
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const sid = number("sid");
  if (sid === undefined) return undefined;
  const msg = (values("msg")[0] ?? "").replace(/^"|"$/g, "").replace(/\\(["\\;:])/g, "$1");
  const metadata: Record<string, string[]> = {};
  const cves = new Set(cvesIn(msg));
  for (const reference of values("reference")) {
    const match = /^cve\s*,\s*(?:cve[-_])?(\d{4})[-_](\d{4,})/i.exec(reference);
    if (match) cves.add(`CVE-${match[1]}-${match[2]}`);
  }
  for (const pair of values("metadata").flatMap((value) => value.split(","))) {
    const [key = "", ...rest] = pair.trim().split(/\s+/);
    const value = rest.join(" ");
    // Feeds join several ids with a second underscore: CVE_2021_26855_CVE_2021_27065.
    if (key === "cve") for (const cve of cvesIn(value)) cves.add(cve);
    else if (metadataKeys.has(key) && value !== "") metadata[key] = [...(metadata[key] ?? []), value];
  }
  const bits = readBits(ast.options);
  const toClient = values("flow").some((value) => /\b(?:to_client|from_server)\b/.test(value));
  return {
    sid,
    gid: number("gid") ?? 1,
    rev: number("rev") ?? 0,
    msg,
    action: ast.action.name,
    enabled: ast.enabled,
    cves: [...cves].sort(),
    classtype: values("classtype")[0] ?? "",
    protocol: ast.protocol.name,
    serverPorts: portsOf(toClient ? ast.sourcePort : ast.destinationPort),
    protects: protectedSide(ast, toClient, metadata),
    ...bits,
    metadata,
  };
}

function cvesIn(text: string): string[] {
  return [...text.matchAll(/CVE[-_](\d{4})[-_](\d{4,})/gi)].map((match) => `CVE-${match[1]}-${match[2]}`);
}

const bitKeywords = new Set(["flowbits", "xbits", "hostbits", "flowint"]);

function readBits(options: readonly OptionAst[]): Pick<RuleSummary, "sets" | "needs" | "noalert"> {
  const sets: string[] = [];
  const needs: string[][] = [];
  let noalert = false;
  for (const { name, value = "" } of options) {
    const keyword = name.toLowerCase();
    if (keyword === "noalert") noalert = true;
    if (!bitKeywords.has(keyword)) continue;
    const parts = value.split(",").map((part) => part.trim());
    // hostbits are the xbits of a host under an older name.
    const prefix = keyword === "flowbits" ? "" : keyword === "flowint" ? "flowint:" : "xbits:";
    if (keyword === "flowint") {
      // flowint:name,modifier,value
      const names = [`${prefix}${parts[0]}`];
      if (/^[+=-]$/.test(parts[1] ?? "")) sets.push(...names);
      else if (parts[1] !== "notset") needs.push(names);
      continue;
    }
    const [command, list = ""] = parts;
    const names = list.split(/[|&]/).map((each) => prefix + each.trim());
    if (command === "noalert") noalert = true;
    else if (command === "set" || command === "toggle") sets.push(...names);
    else if (command === "isset" && list.includes("&")) needs.push(...names.map((each) => [each]));
    else if (command === "isset") needs.push(names);
  }
  return { sets, needs, noalert };
}

function portsOf(node: ListNode): RulePorts {
  const ports: RulePorts = { any: false, variables: [], literals: [], negated: false };
  const visit = (each: ListNode): void => {
    if (each.negated) ports.negated = true;
    if (each.kind === "any") ports.any = true;
    else if (each.kind === "variable") ports.variables.push(each.name.replace(/^\$/, ""));
    else if (each.kind === "item") ports.literals.push(each.text);
    else each.members.forEach(visit);
  };
  visit(node);
  return ports;
}

function protectedSide(ast: RuleAst, toClient: boolean, metadata: Record<string, string[]>): RuleSummary["protects"] {
  const target = metadata.attack_target ?? [];
  const client = target.some((each) => /client|mobile/i.test(each));
  const server = target.some((each) => /server|networking|iot|ics|dns|web/i.test(each));
  if (client !== server) return client ? "client" : "server";
  if (client && server) return "both";
  // Without that statement the addresses say it: what is attacked stands where the request goes.
  const home = (node: ListNode): boolean => /HOME_NET|_SERVERS/.test(JSON.stringify(node));
  const attacked = home(ast.destination);
  if (attacked === home(ast.source)) return "both";
  return attacked !== toClient ? "server" : "client";
}
