/** Replays evidence: the same frames through an engine with the same settings, and what came out otherwise. */
import { Verdict } from "../../../assembly/abi/codes.ts";
import { EventType } from "../../../assembly/abi/frames.ts";
import { Setting } from "../../../assembly/abi/settings.ts";
import { type CoreBinary, coreBinary } from "../engine/core.ts";
import { CoreTrap, Engine } from "../engine/engine.ts";
import type { Evidence, EvidenceEvent, EvidenceFrame } from "./container.ts";
import { crossFlowState } from "./dependencies.ts";
import { configurationDigest, databaseDigest, engineDigest, settingsOf } from "./digest.ts";
import { evidenceEvent, MAX_EVENTS } from "./recorder.ts";

/** What a replay of evidence came to. */
export interface EvidenceReplay {
  /** Every verdict and every alert and drop of the flow are as recorded. */
  same: boolean;
  /** What came out otherwise, a sentence each. */
  deviations: string[];
  /** What was not the same to begin with: engine, database, configuration. */
  differences: string[];
  /** What a replay cannot know: as the evidence says itself, and what differs because of it. */
  limits: string[];
  frames: number;
  events: EvidenceEvent[];
}

/** @throws VpatchError when the database is refused */
export function replayEvidence(
  { manifest, frames }: Evidence,
  database: Uint8Array,
  core: CoreBinary = coreBinary(),
): EvidenceReplay {
  const settings = settingsOf(manifest.configuration);
  const seen: { flow: bigint; event: EvidenceEvent }[] = [];
  const engine: Engine = new Engine({
    core,
    settings,
    mode: settings[Setting.Prevent] === 1 ? "prevent" : "detect",
    onEvent(view) {
      if (view.type !== EventType.Alert && view.type !== EventType.Drop) return;
      const {
        sid = 0,
        gid = 1,
        rev = 0,
        msg = "",
      } = (view.rule === undefined ? undefined : engine.rules[view.rule]) ?? {};
      seen.push({ flow: view.flow, event: evidenceEvent(view, { sid, gid, rev, msg }) });
    },
  });
  engine.load(database);
  const deviations: string[] = [];
  const notes: string[] = [];
  const differences = differencesOf(manifest, database, core, engine.settings);
  const stopped = run(engine, frames, manifest.event?.frame === 0, deviations);
  if (manifest.kind === "crash") {
    if (stopped === undefined) deviations.push("the core did not stop");
    else if (stopped !== manifest.culprit)
      deviations.push(`the core stopped at frame ${stopped}, not ${manifest.culprit}`);
  } else {
    if (stopped !== undefined) deviations.push(`the core stopped at frame ${stopped}`);
    const indexes = new Map(engine.rules.map(({ gid, sid }, index) => [`${gid}:${sid}`, index]));
    const hangsOn = (rule: string): string[] => {
      const index = indexes.get(rule);
      return index === undefined ? [] : crossFlowState(database, index);
    };
    compareEvents(manifest.event, manifest.events, seen, hangsOn, deviations, notes);
  }
  return {
    same: deviations.length === 0,
    deviations,
    differences,
    limits: [...manifest.limits, ...notes],
    frames: frames.length,
    events: seen.map(({ event }) => event),
  };
}

/** Frame by frame. The number of the frame that stopped the core, if one did. */
function run(
  engine: Engine,
  frames: readonly EvidenceFrame[],
  toTheEnd: boolean,
  deviations: string[],
): number | undefined {
  for (const frame of frames) {
    engine.write(frame);
    try {
      const [verdict = 0] = engine.inspect();
      if (frame.verdict !== undefined && verdict !== frame.verdict) {
        deviations.push(`frame ${frame.number}: ${Verdict[verdict]}, recorded was ${Verdict[frame.verdict]}`);
      }
    } catch (error) {
      if (error instanceof CoreTrap) return frame.number;
      throw error;
    }
  }
  if (toTheEnd) engine.finish();
  return undefined;
}

function differencesOf(
  manifest: Evidence["manifest"],
  database: Uint8Array,
  core: CoreBinary,
  settings: Uint32Array,
): string[] {
  const differences: string[] = [];
  const compare = (what: string, recorded: string, here: string, note = ""): void => {
    if (recorded !== here)
      differences.push(`${what} ${here.slice(0, 16)}..., recorded was ${recorded.slice(0, 16)}...${note}`);
  };
  const engine = engineDigest(core);
  const note = ` (${engine.build}, ABI ${engine.abi}; recorded ${manifest.engine.build}, ABI ${manifest.engine.abi})`;
  compare("engine", manifest.engine.sha256, engine.sha256, note);
  const digests = databaseDigest(database);
  compare("database", manifest.database.sha256, digests.sha256);
  compare("rule text", manifest.database["rules-sha256"], digests["rules-sha256"]);
  compare("configuration", manifest.configuration.sha256, configurationDigest(settings).sha256);
  return differences;
}

/** The recorded events of the flow against those of the replayed flow. @param hangsOn what of other flows the rule depends on */
function compareEvents(
  about: EvidenceEvent | undefined,
  recorded: readonly EvidenceEvent[],
  seen: readonly { flow: bigint; event: EvidenceEvent }[],
  hangsOn: (rule: string) => string[],
  deviations: string[],
  notes: string[],
): void {
  const key = ({ rev: _rev, msg: _msg, ...event }: EvidenceEvent): string =>
    JSON.stringify(event, Object.keys(event).sort());
  const home = seen.find(({ event }) => about !== undefined && key(event) === key(about))?.flow;
  const wanted = new Set([...recorded, ...(about ? [about] : [])].map(key));
  const got = seen.filter(({ flow }) => home === undefined || flow === home).map(({ event }) => key(event));
  const tell = (what: string, text: string): void => {
    const { type, frame, sid, gid } = JSON.parse(text) as EvidenceEvent;
    const state = type === "alert" ? hangsOn(`${gid}:${sid}`) : [];
    const sentence = [`${what}: ${type} ${gid}:${sid} in frame ${frame}`, ...state].join("; ");
    // What other flows have a part in is no deviation, unless the evidence is about it.
    if (state.length > 0 && about !== undefined && text !== key(about)) notes.push(sentence);
    else deviations.push(sentence);
  };
  for (const each of wanted) if (!got.includes(each)) tell("missing", each);
  // Of more events only the first are recorded.
  if (recorded.length >= MAX_EVENTS) return;
  for (const each of got) if (!wanted.has(each)) tell("not recorded", each);
}
