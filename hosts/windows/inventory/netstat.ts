/** Listening sockets as `netstat -ano` prints them; the words around the addresses depend on the language. */
import type { Listener } from "../../../scan/inventory/types.ts";

/** Process id of System: the kernel's own listeners (SMB, HTTP.sys). */
export const systemPid = 4;

export function parseNetstat(text: string): Listener[] {
  const found = new Map<string, Listener>();
  for (const line of text.split(/\r?\n/)) {
    const fields = line.trim().split(/\s+/);
    const protocol = fields[0]?.toLowerCase();
    const local = /^\[?(.*?)\]?:(\d+)$/.exec(fields[1] ?? "");
    if ((protocol !== "tcp" && protocol !== "udp") || !local) continue;
    // A listener's remote side is open: 0.0.0.0:0, [::]:0 or *:*.
    if (!/^(?:0\.0\.0\.0:0|\[::\]:0|\*:\*)$/.test(fields[2] ?? "")) continue;
    const pid = Number(fields.at(-1));
    const address = local[1]!.replace(/%\d+$/, "");
    found.set(`${protocol} ${address} ${local[2]}`, {
      protocol,
      address,
      port: Number(local[2]),
      ...(Number.isInteger(pid) ? { pid } : {}),
      components: [],
      root: "/",
    });
  }
  return [...found.values()];
}
