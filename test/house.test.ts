/** The house of DESIGN.md: rooms of the core import downwards only. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

/** Upper rooms first. */
const ROOMS = "index pipeline report detect stream match flow rules app codec wire verdict memory abi".split(" ");
const core = fileURLToPath(new URL("../assembly", import.meta.url));

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

function roomOf(path: string): string {
  return relative(core, path).split(sep)[0]!.replace(/\.ts$/, "");
}

test("rooms import downwards only", () => {
  const upwards: string[] = [];
  for (const file of sources(core)) {
    for (const [, target] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g)) {
      const from = ROOMS.indexOf(roomOf(file));
      const to = ROOMS.indexOf(roomOf(normalize(join(dirname(file), target!))));
      if (from < 0 || to < from) upwards.push(`${relative(core, file)} imports ${target}`);
    }
  }
  assert.equal(upwards, []);
});

test.run();
