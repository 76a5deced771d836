/**
 * Who this agent is: a random id, bound to the machine it was made on. A copied disk or a template wakes up on another machine: the agent
 * notices, takes a new id, remembers the old one as its origin, and goes on.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeDurably } from "../../../scan/store/durable-file.ts";

export const identitySchema = "vpatch-identity/1";

/** What tells one machine from another, by name; what this system does not have is left out. */
export type MachineMarks = Readonly<Record<string, string>>;

export interface Identity {
  schema: typeof identitySchema;
  id: string;
  created: string;
  /** Digests of the machine's marks: the marks themselves are not for others. */
  machine: Readonly<Record<string, string>>;
  /** Ids this one was copied from, the newest first. */
  clonedFrom: readonly string[];
}

export interface IdentityOutcome {
  identity: Identity;
  /** `new`: there was none; `cloned`: there was one of another machine; `damaged`: it could not be read. */
  event: "known" | "new" | "cloned" | "damaged";
}

/** Most origins that are remembered. */
const MOST_ORIGINS = 16;

/** The agent's identity; made, or made anew, when it has to be, and stored durably. */
export function agentIdentity(file: string, marks: MachineMarks, now = new Date()): IdentityOutcome {
  const machine = Object.fromEntries(Object.entries(marks).map(([name, value]) => [name, digest(name, value)]));
  const { stored, damaged } = read(file);
  if (stored && isSameMachine(stored.machine, machine)) {
    // A mark that was not there before (or has come with a reinstalled firmware) is learnt.
    const learnt = { ...stored, machine: { ...stored.machine, ...machine } };
    if (JSON.stringify(learnt) !== JSON.stringify(stored)) save(file, learnt);
    return { identity: learnt, event: "known" };
  }
  const identity: Identity = {
    schema: identitySchema,
    id: randomUUID(),
    created: now.toISOString(),
    machine,
    clonedFrom: stored ? [stored.id, ...stored.clonedFrom].slice(0, MOST_ORIGINS) : [],
  };
  save(file, identity);
  return { identity, event: stored ? "cloned" : damaged ? "damaged" : "new" };
}

/** The same machine: every mark that both have is equal. A copy that keeps its machine-id has another firmware, and the reverse. */
function isSameMachine(stored: Identity["machine"], found: Identity["machine"]): boolean {
  const common = Object.keys(stored).filter((name) => name in found);
  return common.every((name) => stored[name] === found[name]);
}

function digest(name: string, value: string): string {
  return createHash("sha256").update(`vpatch ${name} ${value}`).digest("hex").slice(0, 32);
}

function read(file: string): { stored?: Identity; damaged: boolean } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return { damaged: (error as NodeJS.ErrnoException).code !== "ENOENT" };
  }
  try {
    const stored = JSON.parse(text) as Identity;
    const whole =
      stored.schema === identitySchema && typeof stored.id === "string" && typeof stored.machine === "object";
    return whole ? { stored: { ...stored, clonedFrom: stored.clonedFrom ?? [] }, damaged: false } : { damaged: true };
  } catch {
    return { damaged: true };
  }
}

function save(file: string, identity: Identity): void {
  writeDurably(file, `${JSON.stringify(identity, null, 1)}\n`);
}
