/**
 * What rule keywords mean, as the Suricata manual has it: every Markdown file beside this one.
 *
 * A case is `## name` with `conversation` blocks (form: `corpus/README.md`) and `rules` blocks. A line of a `rules HEADER` block is the count of
 * alerts, then the options of a rule `alert HEADER any any -> any any`; without HEADER, the whole rule but its sid. `refused` stands for the
 * count of a rule that does not compile. `rules HEADER prevent` runs the traffic in prevention mode.
 */
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventType } from "../../assembly/abi/frames.ts";
import { compileRules } from "../../compiler/index.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { type ConversationFrame, conversationFrames } from "../../corpus/frames.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";

type Outcome = number | "refused";

const folder = new URL(".", import.meta.url);

/** What became of each rule: how often it alerted. */
function outcomes(
  frames: readonly ConversationFrame[],
  rules: readonly string[],
  mode: "detect" | "prevent",
): Outcome[] {
  const sources = rules.map((rule, index) => rule.replace(/\)$/, ` sid:${index + 1};)`));
  const { database, refused } = compileRules([{ file: "case.rules", text: `${sources.join("\n")}\n` }]);
  const found: Outcome[] = rules.map(() => 0);
  const engine: Engine = new Engine({
    mode,
    onEvent(event) {
      const sid =
        event.type === EventType.Alert && event.rule !== undefined ? engine.rules[event.rule]?.sid : undefined;
      if (sid !== undefined) (found[sid - 1] as number) += 1;
    },
  });
  engine.load(database);
  for (const { data, linkType, seconds, nanoseconds } of frames) {
    engine.write({ data, linkType, timestamp: seconds * 1_000_000 + nanoseconds / 1000 });
    engine.inspect();
  }
  engine.finish();
  for (const { line } of refused) found[line - 1] = "refused";
  return found;
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".md"))) {
  const cases = suite(`keywords/${file}`);
  for (const part of readFileSync(new URL(file, folder), "utf8").split(/^## /m).slice(1)) {
    const blocks = [...part.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)];
    const frames = blocks
      .filter(([, kind]) => kind === "conversation")
      .flatMap(([, , head = "", text = ""]) => conversationFrames(parseConversation(head, text.trimEnd().split("\n"))));
    cases(part.slice(0, part.indexOf("\n")), () => {
      for (const [, , info = "", text = ""] of blocks.filter(([, kind]) => kind === "rules")) {
        const mode = /\bprevent$/.test(info) ? "prevent" : "detect";
        const header = info.replace(/ ?\bprevent$/, "");
        const lines = text.trimEnd().split("\n");
        const rules = lines.map((line) => line.replace(/^\S+\s+/, ""));
        const whole = rules.map((rule) => (header ? `alert ${header} any any -> any any (${rule})` : rule));
        const shown = outcomes(frames, whole, mode).map((outcome, index) => `${outcome} ${rules[index]}`);
        assert.fixture(shown.join("\n"), lines.map((line) => line.replace(/\s+/, " ")).join("\n"));
      }
    });
  }
  cases.run();
}
