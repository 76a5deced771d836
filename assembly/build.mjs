/** Compiles the core twice, side by side: with SIMD (build/vpatch.wasm) and without (build/vpatch.scalar.wasm). */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const asc = createRequire(import.meta.url).resolve("assemblyscript/bin/asc.js");
const root = fileURLToPath(new URL("..", import.meta.url));

function compile(target) {
  return new Promise((done) => {
    const args = [asc, "assembly/index.ts", "--config", "asconfig.json", "--target", target];
    spawn(process.execPath, args, { cwd: root, stdio: "inherit" }).on("close", done);
  });
}

const statuses = await Promise.all(["release", "scalar"].map(compile));
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
