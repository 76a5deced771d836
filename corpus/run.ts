/** Runs corpus cases through the engine in prevention mode and says what became of each. */
import { Verdict } from "../assembly/abi/codes.ts";
import { EventType } from "../assembly/abi/frames.ts";
import type { Configuration } from "../hosts/node/config/schema/root.ts";
import { Engine } from "../hosts/node/engine/engine.ts";
import type { EventView } from "../hosts/node/eve/record.ts";
import type { CorpusCase } from "./case.ts";
import { type ConversationFrame, conversationFrames } from "./frames.ts";

/** What became of a case. */
export interface CaseResult {
  /** As the case expects. */
  good: boolean;
  /** sids that alerted, each once, ascending. */
  alerts: number[];
  /** Message of the first alert. */
  message: string;
  frames: ConversationFrame[];
  /** One a frame. */
  verdicts: number[];
  /** Bytes of application data that reached the server, and that the client sent, over all conversations. */
  reached: number;
  sent: number;
  /** What is not as expected. */
  problems: string[];
}

/** Runs a case through an engine of its own. @param onEvent sees every event, to log it */
export function runCase(
  found: CorpusCase,
  database: Uint8Array,
  config: Configuration,
  onEvent: (event: EventView, engine: Engine) => void = () => {},
): CaseResult {
  const alerts = new Map<number, string>();
  const engine: Engine = new Engine({
    mode: "prevent",
    config,
    onEvent(event) {
      if (event.type === EventType.Alert && event.rule !== undefined) {
        const rule = engine.rules[event.rule];
        alerts.set(rule?.sid ?? 0, rule?.msg ?? "");
      }
      onEvent(event, engine);
    },
  });
  engine.load(database);
  const frames = found.conversations.flatMap((conversation) => conversationFrames(conversation));
  const verdicts = frames.flatMap((frame) => {
    const timestamp = frame.seconds * 1_000_000 + frame.nanoseconds / 1000;
    engine.write({ data: frame.data, linkType: frame.linkType, timestamp });
    return [...engine.inspect()];
  });
  engine.finish();
  const result = {
    alerts: [...alerts.keys()].sort((a, b) => a - b),
    message: [...alerts.values()][0] ?? "",
    frames,
    verdicts,
    reached: clientBytes(frames, verdicts),
    sent: clientBytes(frames),
  };
  const problems = judge(found, result);
  return { ...result, problems, good: problems.length === 0 };
}

/** Bytes of application data from the client that were let by; of all of it without verdicts. */
function clientBytes(frames: readonly ConversationFrame[], verdicts?: readonly number[]): number {
  return frames.reduce((sum, { from, payloadLength }, index) => {
    const passed = verdicts === undefined || verdicts[index] === Verdict.Pass || verdicts[index] === Verdict.Modified;
    return from === "client" && passed ? sum + payloadLength : sum;
  }, 0);
}

function judge({ expect }: CorpusCase, result: Pick<CaseResult, "alerts" | "reached" | "sent" | "verdicts">): string[] {
  const problems: string[] = [];
  const wanted = new Set([...expect.drop, ...expect.alert]);
  for (const sid of wanted) if (!result.alerts.includes(sid)) problems.push(`no alert ${sid}`);
  for (const sid of result.alerts) if (!wanted.has(sid)) problems.push(`alert ${sid}`);
  const cut = result.reached < result.sent;
  if (expect.drop.length > 0 && !cut) problems.push("everything the client sent reached the server");
  if (expect.drop.length === 0 && result.verdicts.some((verdict) => verdict !== Verdict.Pass))
    problems.push("frames were dropped");
  return problems;
}
