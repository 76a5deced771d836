/** Runs every `*.test.ts` below this folder with uvu, in one process a run. */
import { fileURLToPath } from "node:url";
import { parse } from "uvu/parse";
import { run } from "uvu/run";

const dir = fileURLToPath(new URL(".", import.meta.url));
const pattern = process.argv[2] ?? "\\.test\\.ts$";
const context = await parse(dir, new RegExp(pattern));
if (context.suites.length === 0) {
  console.error(`no test file matches ${pattern}`);
  process.exit(1);
}
await run(context.suites, { bail: false });
