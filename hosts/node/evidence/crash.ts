/** The frames that stopped the core, kept as evidence: the flow of the frame at fault as far as it is known, then its batch. */
import { join } from "node:path";
import type { Crash } from "../engine/containment.ts";
import type { Engine } from "../engine/engine.ts";
import { writeEvidence } from "./container.ts";
import type { EvidenceRecorder } from "./recorder.ts";

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
  const known = recorder.framesOf(crash.groups);
  const numbers = new Set(crash.frames.map(({ number }) => number));
  const frames = [...known.frames.filter(({ number }) => !numbers.has(number)), ...crash.frames];
  const culprit = crash.culprit === undefined ? undefined : crash.frames[crash.culprit]?.number;
  const file = join(folder, `${new Date(crash.time).toISOString().replaceAll(/[-:]/g, "")}-crash.pcapng`);
  writeEvidence(file, {
    manifest: {
      ...recorder.parties(engine),
      kind: "crash",
      timestamp: frames.at(-1)?.timestamp ?? crash.time * 1000,
      events: [],
      missing: known.missing,
      limits: ["frames of other flows before this batch are not here"],
      reason: crash.reason,
      ...(culprit === undefined ? {} : { culprit }),
    },
    frames,
  });
  return file;
}
