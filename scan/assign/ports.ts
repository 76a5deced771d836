/** Narrows the port variables of a rule to the real ports of what it protects, and never loses a listener. */
import type { Exposure } from "../match/finding.ts";
import type { RuleSummary } from "../rules/summary.ts";

const udpProtocols = new Set(["udp", "dns", "snmp", "tftp", "dhcp", "ntp", "ike", "quic", "sip"]);
const eitherProtocol = new Set(["ip", "pkthdr", "dns", "dcerpc", "krb5", "sip", "enip", "nfs", "icmp", "icmpv6"]);

/**
 * Ports for each variable of the rule's server side; `undefined` to leave the rule as it is: it names no variable, it
 * excludes ports, or for some of what it protects the ports are not known.
 */
export function narrowPorts(rule: RuleSummary, exposures: readonly Exposure[]): Record<string, number[]> | undefined {
  const { any, variables, literals, negated } = rule.serverPorts;
  if (any || negated || literals.length > 0 || variables.length === 0 || exposures.length === 0) return undefined;
  const ports = new Set<number>();
  for (const exposure of exposures) {
    // What does not run has no listener to lose; a socket that systemd holds for it counts as of unknown owner.
    if (exposure.state === "installed") continue;
    if (exposure.state !== "listening" || exposure.ports.length === 0) return undefined;
    for (const { protocol, port } of exposure.ports) if (carries(rule.protocol, protocol)) ports.add(port);
  }
  if (ports.size === 0) return undefined;
  const list = [...ports].sort((a, b) => a - b);
  return Object.fromEntries(variables.map((variable) => [variable, list]));
}

function carries(ruleProtocol: string, transport: "tcp" | "udp"): boolean {
  if (eitherProtocol.has(ruleProtocol)) return true;
  return transport === (udpProtocols.has(ruleProtocol) ? "udp" : "tcp");
}

/** A reason why the rule cannot see the traffic of these listeners; `undefined` if it can, or nobody can tell. */
export function missesListeners(rule: RuleSummary, exposures: readonly Exposure[]): string | undefined {
  const { any, variables, literals, negated } = rule.serverPorts;
  if (any || negated || variables.length > 0 || literals.length === 0 || exposures.length === 0) return undefined;
  const ports: number[] = [];
  for (const exposure of exposures) {
    if (exposure.state !== "listening" || exposure.ports.length === 0) return undefined;
    ports.push(...exposure.ports.map(({ port }) => port));
  }
  const seen = literals.some((literal) => {
    const match = /^(\d*)(:?)(\d*)$/.exec(literal);
    if (!match) return true;
    const low = Number(match[1] || 0);
    const high = match[2] ? Number(match[3] || 65_535) : low;
    return ports.some((port) => port >= low && port <= high);
  });
  return seen ? undefined : `it looks at port ${literals.join(", ")}, the server listens on ${ports.join(", ")}`;
}
