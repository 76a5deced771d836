/** `vpatch explain` as documentation: the Markdown files beside this one, each a conversation, rules, and what is said about one of them. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { Explanation } from "../../hosts/node/explain/explain.ts";
import { compileRules } from "../../hosts/node/rules/compile.ts";

const folder = new URL(".", import.meta.url);
const explain = suite("explain");
const config = defaultConfiguration();

for (const name of readdirSync(folder).filter((file) => file.endsWith(".md"))) {
  const source = readFileSync(new URL(name, folder), "utf8");
  const [, title = name] = /^# (.+)$/m.exec(source) ?? [];
  const blocks = [...source.matchAll(/^```(\S+) ?(.*)\n([\s\S]*?)^```$/gm)].map(([, kind, info, text]) => ({
    kind,
    info: info!,
    text: text!,
  }));

  explain(`${name}: ${title}`, () => {
    const frames = blocks
      .filter(({ kind }) => kind === "conversation")
      .flatMap(({ info, text }) => conversationFrames(parseConversation(info, text.replace(/\n$/, "").split("\n"))));
    const rules = blocks.filter(({ kind }) => kind === "rules").map(({ text }) => text);
    const { database, report } = compileRules([{ file: name, text: rules.join("\n") }], config);
    assert.equal(report.refused, []);
    const told = blocks.find(({ kind }) => kind === "explain")!;
    const sid = Number(/\d+/.exec(told.info)?.[0]);
    const explanation = new Explanation({ sid, mode: "detect", config, database });
    const { engine } = explanation;
    for (const { data, linkType, seconds, nanoseconds } of frames) {
      engine.write({ data, linkType, timestamp: seconds * 1_000_000 + nanoseconds / 1000 });
      engine.inspect();
    }
    engine.finish();
    const text = `${explanation.lines().join("\n")}\n`;
    if (process.env.VPATCH_UPDATE)
      writeFileSync(
        new URL(name, folder),
        source.replace(told.text, () => text),
      );
    else assert.is(text, told.text);
  });
}

explain.run();
