/**
 * The mode that `vpatch mode` set, kept over restarts: a machine that was put into prevention does not fall back because the agent died. A
 * change of the configuration's own mode counts more than an older command.
 */
import { readFileSync } from "node:fs";
import { writeDurably } from "../../../scan/store/durable-file.ts";
import type { Mode } from "../engine/settings.ts";
import { modeFile } from "./state-files.ts";

interface Stored {
  mode: Mode;
  /** The configuration's mode at that time. */
  configured: Mode;
}

export function storedMode(state: string, configured: Mode): Mode {
  try {
    const stored = JSON.parse(readFileSync(modeFile(state), "utf8")) as Stored;
    if (stored.configured === configured && (stored.mode === "detect" || stored.mode === "prevent")) return stored.mode;
  } catch {
    // None was set, or it cannot be read: the configuration says.
  }
  return configured;
}

export function storeMode(state: string, mode: Mode, configured: Mode): void {
  writeDurably(modeFile(state), `${JSON.stringify({ mode, configured } satisfies Stored)}\n`);
}
