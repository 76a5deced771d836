/** Runs the cases of every Markdown file beside it: `## name`, then blocks `settings`, `segments`, `trace`. */
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { StreamRoom } from "./driver.ts";
import { parseSegment, traceOf } from "./notation.ts";

const folder = new URL(".", import.meta.url);

function block(text: string, name: string): string[] {
  const found = new RegExp(`\`\`\`${name}\\n([\\s\\S]*?)\`\`\``).exec(text);
  return (found?.[1] ?? "").split("\n").filter((line) => line.trim() !== "");
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".md"))) {
  const cases = suite(`stream/${file}`);
  const text = readFileSync(new URL(file, folder), "utf8");
  for (const part of text.split(/^## /m).slice(1)) {
    const name = part.slice(0, part.indexOf("\n"));
    cases(name, async () => {
      const settings = Object.fromEntries(block(part, "settings").map((line) => line.split(" ")));
      const options = { inspectRaw: settings.raw === "on", trigger: settings.trigger === "on" };
      delete settings.raw;
      delete settings.trigger;
      const numbers = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, Number(value)]));
      const room = await StreamRoom.open(numbers);
      const trace = block(part, "segments").flatMap((line, i) => {
        const segment = parseSegment(line);
        return traceOf(i + 1, segment, room.send(segment, options));
      });
      assert.fixture(trace.join("\n"), block(part, "trace").join("\n"));
    });
  }
  cases.run();
}
