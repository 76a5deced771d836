/** The frames that stopped the core, kept as evidence: the flow of the frame at fault as far as it is known, then its batch. */
import { join } from "node:path";
import type { Crash } from "../engine/containment.ts";
import type { Engine } from "../engine/engine.ts";
import { type Evidence, evidenceName, writeEvidence } from "./container.ts";
import type { EvidenceParties } from "./digest.ts";
import type { EvidenceRecorder } from "./recorder.ts";

/** Evidence, and the name of its file. */
export interface NamedEvidence {
  name: string;
  evidence: Evidence;
}

/** The evidence of a stop. Without a recorder it begins with the batch. */
export function crashEvidence(crash: Crash, parties: EvidenceParties, recorder?: EvidenceRecorder): NamedEvidence {
  const known = recorder?.framesOf(crash.groups) ?? { frames: [], missing: 0 };
  const numbers = new Set(crash.frames.map(({ number }) => number));
  const frames = [...known.frames.filter(({ number }) => !numbers.has(number)), ...crash.frames];
  const culprit = crash.culprit === undefined ? undefined : crash.frames[crash.culprit]?.number;
  const manifest: Evidence["manifest"] = {
    ...parties,
    kind: "crash",
    timestamp: frames.at(-1)?.timestamp ?? crash.time * 1000,
    events: [],
    missing: known.missing,
    limits: [`frames of ${recorder ? "other" : "all"} flows before this batch are not here`],
    reason: crash.reason,
    ...(culprit === undefined ? {} : { culprit }),
  };
  return { name: evidenceName(crash.time, "crash"), evidence: { manifest, frames } };
}

/**
 * Writes the evidence of a stop and gives the file's name; `vpatch replay --evidence` tells whether it stops a core again.
 * @param engine the engine that stopped, or the contained one
 * @throws VpatchError when it cannot be written
 */
export function writeCrashEvidence(
  folder: string,
  crash: Crash,
  engine: Pick<Engine, "binary" | "settings">,
  recorder: EvidenceRecorder,
): string {
  const { name, evidence } = crashEvidence(crash, recorder.parties(engine), recorder);
  const file = join(folder, name);
  writeEvidence(file, evidence);
  return file;
}
