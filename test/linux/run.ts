/**
 * The suites that need root and real peers: `npm run test:linux [-- --full] [-- PATTERN]`. They work in network namespaces they make
 * themselves and remove, also when killed. `--full` is the long form: whole sizes, and the soak.
 */
import { fileURLToPath } from "node:url";
import { parse } from "uvu/parse";
import { run } from "uvu/run";
import { sweep, watchOver } from "./lab.ts";
import { FOLDER, isBroken } from "./setting.ts";

if (process.platform !== "linux" || process.getuid?.() !== 0) {
  console.log("test:linux skipped: it needs root on Linux");
  process.exit(process.env.CI === "true" ? 1 : 0);
}
sweep();
watchOver(FOLDER);
const pattern = process.argv.slice(2).find((word) => !word.startsWith("--")) ?? "";
const context = await parse(fileURLToPath(new URL(".", import.meta.url)), new RegExp(`${pattern}.*\\.live\\.ts$`));
if (context.suites.length === 0) {
  console.error(`no suite matches ${pattern}`);
  process.exit(1);
}
await run(context.suites, { bail: false });
sweep(true);
if (isBroken()) process.exitCode = 1;
