/** `npm run test:evasion`: the core against the Linux stack. Needs root, for a network namespace and a TAP device. */
import { fileURLToPath } from "node:url";
import { parse } from "uvu/parse";
import { run } from "uvu/run";

if (process.platform !== "linux" || process.getuid?.() !== 0) {
  console.log("test:evasion skipped: it needs root on Linux, for a network namespace and a TAP device");
  process.exit(process.env.CI === "true" ? 1 : 0);
}
const { suites } = await parse(fileURLToPath(new URL(".", import.meta.url)), /\.live\.ts$/);
await run(suites, { bail: false });
