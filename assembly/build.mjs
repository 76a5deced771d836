/**
 * Compiles the core twice, side by side: with SIMD (build/vpatch.wasm) and without (build/vpatch.scalar.wasm).
 * A target whose sources, options and compiler are those of its last build is left as it is.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const TARGETS = { release: "build/vpatch.wasm", scalar: "build/vpatch.scalar.wasm" };
const { resolve } = createRequire(import.meta.url);
const asc = resolve("assemblyscript/bin/asc.js");
const root = fileURLToPath(new URL("..", import.meta.url));

function sources() {
  const hash = createHash("sha256");
  const names = readdirSync(join(root, "assembly"), { recursive: true }).filter((name) => name.endsWith(".ts"));
  const files = [...names.sort().map((name) => join("assembly", name)), "asconfig.json"];
  for (const path of [...files.map((name) => join(root, name)), resolve("assemblyscript/package.json")]) {
    hash.update(`${path}\0`).update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

/** The exit status of the compiler. */
function compile(target, digest) {
  const out = join(root, TARGETS[target]);
  const stamp = `${out}.sources`;
  if (existsSync(out) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return 0;
  rmSync(stamp, { force: true });
  const args = [asc, "assembly/index.ts", "--config", "asconfig.json", "--target", target];
  return new Promise((done) => {
    spawn(process.execPath, args, { cwd: root, stdio: "inherit" }).on("close", (status) => {
      if (status === 0) writeFileSync(stamp, digest);
      done(status);
    });
  });
}

const digest = sources();
const statuses = await Promise.all(Object.keys(TARGETS).map((target) => compile(target, digest)));
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
