/** The configuration that an installation begins with. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The interface of the default route (proc(5), /proc/net/route). */
export function defaultInterface(root = "/"): string | undefined {
  let table: string;
  try {
    table = readFileSync(join(root, "proc/net/route"), "utf8");
  } catch {
    return undefined;
  }
  const routes = table
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"));
  return routes.find(([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000")?.[0];
}

export function defaultConfigText(networkInterface: string | undefined): string {
  return `# vpatch: settings of the agent. docs/configuration.md lists them all; docs/agent.md explains.

vpatch:
  # detect reports, prevent blocks. Begin with detect; "vpatch mode prevent" changes it while traffic flows.
  mode: detect
  interfaces: [${networkInterface ?? "eth0"}]
  # Find what is vulnerable on this machine, and put the virtual patches in force that it needs.
  scan:
    enabled: yes
  # What happens to traffic when the agent is not there to inspect it: open lets it pass, closed does not.
  failure:
    crash: open
    freeze: open
    overload: open
    start: open
    stop: open

# Connections that are older than the agent are picked up where they are, and inspected from there on.
stream:
  midstream: yes

outputs:
  - eve-log:
      filetype: regular
      filename: eve.json
      rotate-size: 256mb
      rotate-keep: 8
`;
}
