/** Policies on traffic: the cases of verdicts.md, whose head describes their form. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Verdict } from "../../assembly/abi/codes.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { EventFlag, EventType } from "../../assembly/abi/frames.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { type ConversationFrame, conversationFrames } from "../../corpus/frames.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { parsePolicy } from "../../hosts/node/policy/document.ts";
import { applyPolicy } from "../../hosts/node/policy/effective.ts";
import { compileEffective } from "../../hosts/node/rules/compile.ts";

const config = defaultConfiguration();
const cases = suite("policy verdicts");

/** What became of the frames, by the words of an `expect` block. */
function outcome(frames: readonly ConversationFrame[], database: Uint8Array, mode: "detect" | "prevent") {
  const alerts: number[] = [];
  const marked: number[] = [];
  const engine: Engine = new Engine({
    mode,
    config,
    onEvent(event) {
      if (event.type !== EventType.Alert || event.rule === undefined) return;
      const sid = engine.rules[event.rule]!.sid;
      alerts.push(sid);
      if (event.flags & EventFlag.WouldDrop) marked.push(sid);
    },
  });
  engine.load(database);
  const verdicts = frames.flatMap(({ data, linkType, seconds, nanoseconds }) => {
    engine.write({ data, linkType, timestamp: seconds * 1_000_000 + nanoseconds / 1000 });
    return [...engine.inspect()];
  });
  engine.finish();
  const count = (...wanted: number[]): string => String(verdicts.filter((each) => wanted.includes(each)).length);
  return new Map([
    ["alerts", alerts.join(" ")],
    ["marked", marked.join(" ")],
    ["dropped", count(Verdict.Drop, Verdict.Reject)],
    ["modified", count(Verdict.Modified)],
    ["would drop", String(engine.counters()[Counter.ips__would_drop])],
  ]);
}

const text = readFileSync(new URL("verdicts.md", import.meta.url), "utf8");
for (const part of text.split(/^## /m).slice(1)) {
  cases(part.slice(0, part.indexOf("\n")), () => {
    const blocks = [...part.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)];
    const block = (name: string): string => blocks.find(([, kind]) => kind === name)?.[3] ?? "";
    const frames = blocks
      .filter(([, kind]) => kind === "conversation")
      .flatMap(([, , head = "", body = ""]) => conversationFrames(parseConversation(head, body.trimEnd().split("\n"))));
    const set = applyPolicy(
      [{ file: "case.rules", text: block("rules") }],
      parsePolicy("policy.yaml", block("policy")),
    );
    const { database, report } = compileEffective(set, config);
    assert.equal(report.refused, []);
    for (const [, , mode = "", body = ""] of blocks.filter(([, kind]) => kind === "expect")) {
      const found = outcome(frames, database, mode as "detect" | "prevent");
      for (const line of body.trimEnd().split("\n")) {
        const [, name = "", value = ""] = /^(alerts|marked|dropped|modified|would drop)\s*(.*)$/.exec(line) ?? [];
        assert.is(found.get(name), value, `${mode}: ${line}`);
      }
    }
  });
}

cases.run();
