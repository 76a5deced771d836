/** The events that no parser raises are exactly those the keyword reference says so of. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { AppEvent } from "../../assembly/abi/app_events.ts";
import { SILENT_EVENTS } from "../../compiler/keywords/silent_events.ts";

const core = fileURLToPath(new URL("../../assembly", import.meta.url));

test("events no parser raises are documented, and only those", () => {
  const sources = readdirSync(core, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith("app_events.ts"))
    .map((name) => readFileSync(join(core, name), "utf8"));
  const raised = new Set(sources.flatMap((text) => [...text.matchAll(/AppEvent\.(\w+)/g)].map(([, name]) => name)));
  const silent = Object.keys(AppEvent).filter((name) => name.includes("__") && !raised.has(name));
  const documented = Object.entries(SILENT_EVENTS).flatMap(([protocol, events]) =>
    events.map((event) => `${protocol}__${event}`),
  );
  assert.equal(documented.sort(), silent.sort());
});

test.run();
