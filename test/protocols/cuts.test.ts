/**
 * Every conversation of the cases, cut at every byte, and in segments of one byte: the core does not trap, what it says of the first part it says
 * of the whole as well, and the size of segments changes nothing.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventType } from "../../assembly/abi/frames.ts";
import type { Conversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { Engine, type FrameInput } from "../../hosts/node/engine/engine.ts";
import { formatEvent } from "../../hosts/node/eve/format.ts";
import { type Case, type RuleLine, type RulesBlock, readCases, readConversation } from "../cases/case.ts";
import { compileBlock, configurationOf, inspect, runBlock } from "../cases/run.ts";

/** Cuts of one conversation at most; a longer one is cut at every nth byte. */
const CUTS = 1200;

/** The conversation up to a count of bytes, as far as they were said; no end of the connection. */
function cut(whole: Conversation, bytes: number, port: number): Conversation {
  const messages: Conversation["messages"] = [];
  let left = bytes;
  for (const message of whole.messages) {
    if (left === 0) break;
    const data = message.data.subarray(0, left);
    messages.push({ ...message, data });
    left -= data.length;
  }
  return { ...whole, client: { ...whole.client, port }, messages, close: false };
}

/** Every conversation begins at the same time, so that no flow of another one ends meanwhile. */
function traffic(conversation: Conversation): FrameInput[] {
  return conversationFrames(conversation).map(({ data, linkType, seconds, nanoseconds }) => ({
    data,
    linkType,
    timestamp: seconds * 1_000_000 + Math.floor(nanoseconds / 1000),
  }));
}

/** One engine for all cuts of a case; says what it reports of each flow. */
class Listener {
  private readonly said = new Set<string>();
  private readonly engine: Engine;

  static async of(one: Case, blocks: readonly RulesBlock[]): Promise<Listener> {
    const config = await configurationOf(one);
    const rules = blocks.flatMap((block) => block.rules).filter(({ outcome }) => /^\d/.test(outcome));
    const { compiled } = compileBlock(one, { rules, mode: "detect" });
    return new Listener(config, compiled.database, rules);
  }

  private constructor(
    config: Awaited<ReturnType<typeof configurationOf>>,
    database: Uint8Array,
    rules: readonly RuleLine[],
  ) {
    const context = { options: config.outputs, rules: [], prevent: false };
    this.engine = new Engine({
      config,
      onEvent: (event) => {
        if (event.type === EventType.Alert && event.rule !== undefined)
          this.said.add(`alert: ${rules[(this.engine.rules[event.rule]?.sid ?? 0) - 1]?.text}`);
        if (event.type !== EventType.Anomaly) return;
        const { anomaly } = JSON.parse(formatEvent(event, context)) as { anomaly: { type: string; event: string } };
        if (anomaly.type === "applayer") this.said.add(`event ${anomaly.event}`);
      },
    });
    this.engine.load(database);
  }

  hear(frames: readonly FrameInput[]): Set<string> {
    this.said.clear();
    inspect(this.engine, frames);
    return new Set(this.said);
  }
}

const cases = readCases(new URL(".", import.meta.url));
const cuts = suite("protocols: cut at every byte");
const bytewise = suite("protocols: in segments of one byte");

for (const one of cases) {
  cuts(`${one.file}: ${one.name}`, async () => {
    const listener = await Listener.of(one, one.blocks);
    let port = 1024;
    for (const { head, lines } of one.conversations) {
      const whole = readConversation(head, lines);
      const length = whole.messages.reduce((sum, { data }) => sum + data.length, 0);
      const open = listener.hear(traffic(cut(whole, length, port++)));
      const closed = listener.hear(traffic({ ...cut(whole, length, port++), close: whole.close }));
      const expected = new Set([...open, ...closed]);
      const step = Math.max(1, Math.ceil(length / CUTS));
      for (let bytes = 1; bytes < length; bytes += step) {
        const wrong = [...listener.hear(traffic(cut(whole, bytes, port++)))].filter((each) => !expected.has(each));
        assert.equal(wrong, [], `${bytes} of ${length} bytes`);
      }
    }
  });

  if (one.conversations.every(({ head }) => head.startsWith("tcp"))) {
    bytewise(`${one.file}: ${one.name}`, async () => {
      const small = one.conversations.flatMap(({ head, lines }) => traffic(readConversation(`${head} mss=1`, lines)));
      for (const block of one.blocks.filter(({ mode }) => mode === "detect")) {
        const { outcomes } = await runBlock(one, block, small);
        const shown = block.rules.map(({ text }, index) => `${outcomes[index]} ${text}`);
        assert.fixture(shown.join("\n"), block.rules.map(({ outcome, text }) => `${outcome} ${text}`).join("\n"));
      }
    });
  }
}

cuts.run();
bytewise.run();
