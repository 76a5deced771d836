/** What identifies the parties to a verdict: the engine, its settings, the rules. */
import { createHash } from "node:crypto";
import { ABI_VERSION } from "../../../assembly/abi/codes.ts";
import type { CoreBinary } from "../engine/core.ts";
import type { Engine } from "../engine/engine.ts";
import { RuleReader } from "../engine/rule_records.ts";
import { EVIDENCE_VERSION, type EvidenceManifest } from "./container.ts";

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function engineDigest({ build, digest }: CoreBinary): EvidenceManifest["engine"] {
  return { build, sha256: digest, abi: `${ABI_VERSION >>> 16}.${ABI_VERSION & 0xffff}` };
}

export function databaseDigest(database: Uint8Array): EvidenceManifest["database"] {
  return { sha256: sha256(database), "rules-sha256": new RuleReader(database).ruleDigest };
}

/** The settings table as evidence keeps it. */
export function configurationDigest(settings: Uint32Array): EvidenceManifest["configuration"] {
  const bytes = Buffer.alloc(settings.length * 4);
  settings.forEach((word, index) => {
    bytes.writeUInt32LE(word, index * 4);
  });
  const used = [...settings.entries()].filter(([, word]) => word !== 0);
  return {
    sha256: sha256(bytes),
    words: settings.length,
    settings: Object.fromEntries(used.map(([index, word]) => [String(index), word])),
  };
}

/** The settings table again. */
export function settingsOf({ words, settings }: EvidenceManifest["configuration"]): Uint32Array {
  const table = new Uint32Array(words);
  for (const [index, word] of Object.entries(settings)) table[Number(index)] = word;
  return table;
}

/** The members every manifest has. */
export type EvidenceParties = Pick<
  EvidenceManifest,
  "vpatch-evidence" | "written" | "engine" | "database" | "configuration"
>;

/** @param written milliseconds since 1970, by the host's clock */
export function partiesOf(
  { binary, settings }: Pick<Engine, "binary" | "settings">,
  database: EvidenceManifest["database"],
  written: number,
): EvidenceParties {
  return {
    "vpatch-evidence": EVIDENCE_VERSION,
    written: new Date(written).toISOString(),
    engine: engineDigest(binary),
    database,
    configuration: configurationDigest(settings),
  };
}
