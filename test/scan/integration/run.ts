/**
 * Runs the checks of the scan against other programs and real data, one process each. They need a Debian machine with
 * python3-apt, python3-rpm, rpm, debsecan and debootstrap, root's rights, and the folder with the data (VPATCH_DATA).
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const wanted = process.argv.slice(2);
let failed = false;
for (const name of readdirSync(folder).sort()) {
  if (!name.endsWith(".ts") || name === "run.ts" || name === "data.ts") continue;
  if (wanted.length > 0 && !wanted.some((each) => name.includes(each))) continue;
  console.log(`== ${name}`);
  const { status } = spawnSync(process.execPath, ["--import", "tsx", folder + name], { stdio: "inherit" });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
