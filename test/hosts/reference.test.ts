/** Pages made from the code are those that stand in docs/. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { PAGES } from "../../docs/generate.ts";

for (const [name, make] of Object.entries(PAGES)) {
  test(`docs/${name} is what npm run docs makes`, () => {
    assert.is(readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8"), make());
  });
}

test.run();
