/** `vpatch replay --evidence FILE`: the verdict again from its evidence, or what differs. */
import { ExitCode, VpatchError } from "../errors.ts";

export interface ReplayEvidenceArguments {
  evidence: string;
  database: Uint8Array;
  quiet?: boolean;
}

/** Prints what came out; status 1 when it is not what was recorded. */
export async function replayEvidenceFile({ evidence, database, quiet }: ReplayEvidenceArguments): Promise<void> {
  const { readEvidence } = await import("../evidence/container.ts");
  const { replayEvidence } = await import("../evidence/replay.ts");
  const found = readEvidence(evidence);
  const result = replayEvidence(found, database);
  const { manifest } = found;
  const { event } = manifest;
  const about = event
    ? `${event.type} ${event.gid}:${event.sid} ${event.msg} in frame ${event.frame}`
    : "a stop of the core";
  const lines = [
    `${evidence}: ${about}, ${new Date(manifest.timestamp / 1000).toISOString()}, ${result.frames} frames`,
    ...result.differences.map((text) => `  other ${text}`),
    ...result.limits.map((text) => `  note: ${text}`),
    ...result.deviations.map((text) => `  differs: ${text}`),
    result.same ? "same verdict" : "not the same verdict",
  ];
  if (!quiet) process.stdout.write(`${lines.join("\n")}\n`);
  if (!result.same) process.exitCode = ExitCode.Failure;
}

/** @throws VpatchError: neither captures nor evidence */
export function nothingToReplay(): VpatchError {
  return new VpatchError("VPATCH_USAGE", "there is nothing to replay", {
    remedy: "give captures, or --evidence FILE",
    exitCode: ExitCode.Usage,
  });
}
