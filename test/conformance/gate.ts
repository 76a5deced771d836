/**
 * Runs the conformance cases and compares with the floor in `floor.json`: cases that have passed once must go on passing in number,
 * none may crash or time out. Usage: gate.ts CASES RUNNER
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

type Counts = Partial<Record<"pass" | "fail" | "unsupported" | "crash" | "timeout", number>>;

const [cases = "", runner = ""] = process.argv.slice(2);
const engine = fileURLToPath(new URL("engine", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "vpatch-conformance-"));
const results = join(folder, "results.json");
const command = `${engine} --pcap {pcap} --rules {rules} --out {out} --mode {mode} --config {config}`;
const run = spawnSync("python3", [runner, cases, "--cmd", command, "--json", results, "--fails", "10"], {
  stdio: "inherit",
});
if (run.error) throw run.error;
const { summary } = JSON.parse(readFileSync(results, "utf8")) as { summary: { tier: Record<string, Counts> } };
rmSync(folder, { recursive: true, force: true });
const floor = JSON.parse(readFileSync(new URL("floor.json", import.meta.url), "utf8")) as Record<string, number>;

let good = true;
for (const [tier, counts] of Object.entries(summary.tier)) {
  const { pass = 0, fail = 0, unsupported = 0, crash = 0, timeout = 0 } = counts;
  const least = floor[tier] ?? 0;
  console.log(
    `${tier}: ${pass} pass (floor ${least}), ${fail} fail, ${unsupported} unsupported, ${crash} crash, ${timeout} timeout`,
  );
  if (pass < least || crash + timeout > 0) good = false;
}
process.exit(good ? 0 : 1);
