/** Inspects the frames of a conversation with a rule, in prevention mode. */
import { compileRules, Engine, EventType, formatEvent, Verdict } from "vpatch";

export function inspect(frames: { data: Uint8Array; linkType: number; timestamp: number }[]): {
  verdicts: string[];
  alerts: string[];
} {
  const alerts: string[] = [];
  const engine: Engine = new Engine({
    mode: "prevent",
    onEvent: (event) => event.type === EventType.Alert && alerts.push(formatEvent(event, engine.eve)),
  });
  const rule = 'drop http any any -> any any (msg:"no secrets"; http.uri; content:"/secret"; sid:1;)';
  const { database } = compileRules([{ file: "example.rules", text: rule }], engine.config);
  engine.load(database);
  const verdicts: string[] = [];
  for (const frame of frames) {
    engine.write(frame);
    for (const verdict of engine.inspect()) verdicts.push(Verdict[verdict] ?? "?");
  }
  engine.finish();
  return { verdicts, alerts };
}
