/** Runs every `*.test.ts` below this folder, or those whose path matches the expression given, with uvu in one process. */
import { fileURLToPath } from "node:url";
import { parse } from "uvu/parse";
import { run } from "uvu/run";

const dir = fileURLToPath(new URL(".", import.meta.url));
const wanted = new RegExp(process.argv[2] ?? "");
const { suites } = await parse(dir, /\.test\.ts$/);
const chosen = suites.filter(({ name }) => wanted.test(name));
if (chosen.length === 0) {
  console.error(`no test file matches ${wanted.source}`);
  process.exit(1);
}
await run(chosen, { bail: false });
