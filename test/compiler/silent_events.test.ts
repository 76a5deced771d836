/** The events that nothing raises are exactly those the keyword reference says so of. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { AppEvent } from "../../assembly/abi/app_events.ts";
import { DecodeEvent } from "../../assembly/abi/decode_events.ts";
import { StreamEvent } from "../../assembly/abi/stream_events.ts";
import { NEVER_RAISED, NEVER_RAISED_OF_PACKETS } from "../../compiler/keywords/silent_events.ts";

const core = fileURLToPath(new URL("../../assembly", import.meta.url));
const sources = readdirSync(core, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith("_events.ts"))
  .map((name) => readFileSync(join(core, name), "utf8"));

/** Members of an enum that the core never names, as rules write them. */
function unused(enumName: string, members: object): string[] {
  const pattern = new RegExp(`\\b${enumName}\\.(\\w+)`, "g");
  const used = new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name)));
  return Object.keys(members)
    .filter((name) => !/^\d+$/.test(name) && !used.has(name))
    .map((name) => name.replace(/^_/, "").replaceAll("__", "."));
}

test("events no parser raises are documented, and only those", () => {
  assert.equal(Object.keys(NEVER_RAISED).sort(), unused("AppEvent", AppEvent).sort());
});

test("events neither the decoder nor the stream engine raises are documented, and only those", () => {
  const silent = [...unused("DecodeEvent", DecodeEvent), ...unused("StreamEvent", StreamEvent)];
  assert.equal(Object.keys(NEVER_RAISED_OF_PACKETS).sort(), silent.sort());
});

test.run();
