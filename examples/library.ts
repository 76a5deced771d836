/** Inspects frames with one rule, in prevention mode. */
import { compileRules, Engine, EventType, type FrameInput, formatEvent, Verdict } from "vpatch";

const rules = 'drop http any any -> any any (msg:"no secrets"; http.uri; content:"/secret"; sid:1;)';

export function inspect(frames: readonly FrameInput[]): { verdicts: string[]; alerts: string[] } {
  const alerts: string[] = [];
  const verdicts: string[] = [];
  const engine = new Engine({
    mode: "prevent",
    onEvent: (event) => {
      if (event.type === EventType.Alert) alerts.push(formatEvent(event, engine.eve));
    },
  });
  engine.load(compileRules([{ file: "example.rules", text: rules }], engine.config).database);
  for (const frame of frames) {
    if (!engine.write(frame)) throw new Error("inspect before the batch is full");
    for (const verdict of engine.inspect()) verdicts.push(Verdict[verdict] ?? "?");
  }
  engine.finish();
  return { verdicts, alerts };
}
