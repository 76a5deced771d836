/** What tells this machine from others: machine-id(5), the firmware's UUID (DMI), and a container's or cloud's own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MachineMarks } from "../../node/agent/identity.ts";

const FILES: Readonly<Record<string, string>> = {
  "machine-id": "etc/machine-id",
  "dmi-uuid": "sys/class/dmi/id/product_uuid",
  "dmi-serial": "sys/class/dmi/id/product_serial",
  "device-tree": "proc/device-tree/serial-number",
};

/** Values that firmware gives when it has none. */
const EMPTY =
  /^(?:|0+|[0-]+|f[f-]*|none|not specified|to be filled by o\.e\.m\.?|default string|system serial number|uninitialized)$/i;

export function machineMarks(root = "/"): MachineMarks {
  const marks: Record<string, string> = {};
  for (const [name, file] of Object.entries(FILES)) {
    try {
      const value = readFileSync(join(root, file), "latin1").replaceAll("\0", "").trim();
      if (!EMPTY.test(value)) marks[name] = value.toLowerCase();
    } catch {
      // This system does not have it, or does not show it.
    }
  }
  return marks;
}
