/**
 * The rules that bring packets to the queues: one chain of our own in `raw` (arriving) and in `mangle` (leaving), for IPv4 and IPv6, by
 * iptables' restore commands: each family's change is one transaction a table, so there is no moment in between.
 *
 * Everything of ours bears the chain's name; nothing else is touched. The jump to a chain is put first, so that what other rules accept or
 * translate is still inspected as it came.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { VpatchError } from "../../node/errors.ts";

/** Packets that the data path sends itself bear this mark: they are not inspected again. */
export const OWN_MARK = 0x0800_0000;

/** What is set up, for the state file. */
export interface FirewallState {
  chain: string;
  /** The commands used, such as `iptables-nft`. */
  commands: readonly string[];
}

/** What the rules do. */
export interface FirewallPlan {
  interfaces: readonly string[];
  queue: number;
  queues: number;
  /** A packet for which nobody listens passes. */
  bypass: boolean;
  /** Pinned filter that matches while the agent lives; without it packets wait for the agent. */
  alive?: string;
  /** Drop everything instead. */
  block?: boolean;
}

const FAMILIES: readonly (readonly string[])[] = [
  ["iptables-nft", "iptables", "iptables-legacy"],
  ["ip6tables-nft", "ip6tables", "ip6tables-legacy"],
];
const FOLDERS = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin"];
const TABLES = [
  { table: "raw", hook: "PREROUTING", device: "-i" },
  { table: "mangle", hook: "POSTROUTING", device: "-o" },
] as const;

/** The full paths of the commands for IPv4 and IPv6; a family without one is left out. */
export function firewallCommands(): string[] {
  return FAMILIES.map((names) =>
    names.flatMap((name) => FOLDERS.map((folder) => `${folder}/${name}`)).find((path) => existsSync(path)),
  ).filter((path) => path !== undefined);
}

/** Puts the rules in force, in place of those the chain had. @throws VpatchError with the command's own words */
export function applyRules({ chain, commands }: FirewallState, plan: FirewallPlan): void {
  for (const command of commands) {
    const jumps = missingJumps(command, chain);
    const text = TABLES.map(({ table, hook, device }) =>
      [
        `*${table}`,
        `:${chain} - [0:0]`,
        ...plan.interfaces.flatMap((name) => interfaceRules(chain, `${device} ${name}`, plan)),
        ...(jumps.has(table) ? [`-I ${hook} 1 -j ${chain}`] : []),
        "COMMIT\n",
      ].join("\n"),
    ).join("");
    restore(command, text);
  }
}

function interfaceRules(chain: string, device: string, plan: FirewallPlan): string[] {
  if (plan.block) return [`-A ${chain} ${device} -j DROP`];
  const mark = `0x${OWN_MARK.toString(16)}`;
  const queues =
    plan.queues > 1 ? `--queue-balance ${plan.queue}:${plan.queue + plan.queues - 1}` : `--queue-num ${plan.queue}`;
  const alive = plan.alive === undefined ? "" : ` -m bpf --object-pinned ${plan.alive}`;
  return [
    `-A ${chain} ${device} -m mark --mark ${mark}/${mark} -j RETURN`,
    `-A ${chain} ${device}${alive} -j NFQUEUE ${queues}${plan.bypass ? " --queue-bypass" : ""}`,
    // Counts what went by because the agent gave no sign of life.
    ...(alive === "" ? [] : [`-A ${chain} ${device} -m comment --comment "vpatch: not inspected"`]),
  ];
}

/** Takes the chain and the jumps to it away. */
export function removeRules({ chain, commands }: FirewallState): void {
  for (const command of commands) {
    const missing = missingJumps(command, chain);
    for (const { table, hook } of TABLES) {
      if (!chainExists(command, table, chain)) continue;
      const jump = missing.has(table) ? [] : [`-D ${hook} -j ${chain}`];
      restore(command, [`*${table}`, ...jump, `-F ${chain}`, `-X ${chain}`, "COMMIT\n"].join("\n"));
    }
  }
}

/** Packets counted by our rules: those sent to the queues, and those let by without a sign of life. */
export function ruleCounters({ chain, commands }: FirewallState): { queued: number; uninspected: number } {
  const counters = { queued: 0, uninspected: 0 };
  for (const command of commands) {
    for (const { table } of TABLES) {
      for (const [, packets, rule] of save(command, table).matchAll(/^\[(\d+):\d+\] -A (.*)$/gm)) {
        if (!rule!.startsWith(`${chain} `)) continue;
        if (rule!.includes("-j NFQUEUE")) counters.queued += Number(packets);
        else if (rule!.includes("vpatch: not inspected")) counters.uninspected += Number(packets);
      }
    }
  }
  return counters;
}

/** Tables in which nothing jumps to the chain. */
function missingJumps(command: string, chain: string): Set<string> {
  return new Set(
    TABLES.filter(({ table, hook }) => !save(command, table).includes(`-A ${hook} -j ${chain}\n`)).map(
      ({ table }) => table,
    ),
  );
}

function chainExists(command: string, table: string, chain: string): boolean {
  return save(command, table).includes(`:${chain} `);
}

function save(command: string, table: string): string {
  return run(`${command}-save`, ["-c", "-t", table]).replaceAll(
    /^\[(\d+:\d+)\] -A (PREROUTING|POSTROUTING) /gm,
    "-A $2 ",
  );
}

function restore(command: string, text: string): void {
  run(`${command}-restore`, ["--noflush", "-w", "5"].slice(0, command.endsWith("-nft") ? 1 : 3), text);
}

function run(command: string, args: readonly string[], input?: string): string {
  try {
    return execFileSync(command, args, {
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
      maxBuffer: 64 * 1024 * 1024,
      ...(input === undefined ? {} : { input }),
    });
  } catch (cause) {
    const said = String((cause as { stderr?: unknown }).stderr ?? "").trim();
    throw new VpatchError("VPATCH_DRIVER", `${command}: ${said === "" ? (cause as Error).message : said}`, { cause });
  }
}
