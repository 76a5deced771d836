/** Which rules alert on a conversation: the whole way from text to EVE, for tests of protocols. */

import { EventType } from "../../assembly/abi/frames.ts";
import { compileRules } from "../../compiler/index.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine, type FrameInput } from "../../hosts/node/engine/engine.ts";

export const configuration = defaultConfiguration();

/** Compiles the rules; every one must be accepted. */
export function database(rules: string): Uint8Array {
  const compiled = compileRules([{ file: "test.rules", text: rules }]);
  if (compiled.refused.length > 0) throw new Error(JSON.stringify(compiled.refused[0]));
  return compiled.database;
}

/** Frames of a conversation in the corpus's form: a head, then lines of either side. */
export function frames(head: string, text: string): FrameInput[] {
  return conversationFrames(parseConversation(head, text.trim().split("\n"))).map(
    ({ data, linkType, seconds, nanoseconds }) => ({
      data,
      linkType,
      timestamp: seconds * 1_000_000 + Math.floor(nanoseconds / 1000),
    }),
  );
}

/** sid of every alert, in order. */
export function alerts(
  traffic: readonly FrameInput[],
  rules: Uint8Array,
  mode: "detect" | "prevent" = "detect",
): number[] {
  const found: number[] = [];
  const engine: Engine = new Engine({
    mode,
    config: configuration,
    onEvent: (event) => {
      if (event.type === EventType.Alert && event.rule !== undefined) found.push(engine.rules[event.rule]!.sid);
    },
  });
  engine.load(rules);
  for (const frame of traffic) {
    if (engine.write(frame)) continue;
    engine.inspect();
    engine.write(frame);
  }
  engine.inspect();
  engine.finish();
  return found;
}
