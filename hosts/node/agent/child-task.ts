/**
 * Work that needs much memory for a short time (compiling rules, scanning the machine) is done by a process of its own: what it took, the
 * system gets back, and the data path's process stays small.
 */
import { fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { type ErrorCode, VpatchError } from "../errors.ts";
import type { CompileInput, CompileOutcome } from "./compile-task.ts";
import type { ScanInput, ScanOutcome } from "./scan-task.ts";

export interface Tasks {
  compile: { input: CompileInput; outcome: CompileOutcome };
  scan: { input: ScanInput; outcome: ScanOutcome };
}

export type TaskName = keyof Tasks;

/** What the process is sent, and what it answers. */
export interface TaskRequest {
  task: TaskName;
  input: Tasks[TaskName]["input"];
}

export type TaskAnswer =
  | { ok: true; outcome: Tasks[TaskName]["outcome"] }
  | { ok: false; error: { code?: string; message: string; remedy?: string } };

const PATIENCE = 600_000;

/** Does a task in another process. @throws VpatchError what it threw there; or that the process died */
export function runTask<T extends TaskName>(
  task: T,
  input: Tasks[T]["input"],
  signal?: AbortSignal,
): Promise<Tasks[T]["outcome"]> {
  const name = import.meta.url.endsWith(".js") ? "./task-process.js" : "./task-process.ts";
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL(name, import.meta.url)), [], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      timeout: PATIENCE,
      ...(signal ? { signal } : {}),
    });
    // The data path comes first.
    if (child.pid !== undefined) lowerPriority(child.pid);
    child.on("message", (answer: TaskAnswer) => {
      if (answer.ok) resolve(answer.outcome);
      else reject(toError(answer.error));
    });
    child.on("error", reject);
    child.on("exit", (status, killed) => {
      const how = killed ? `was ended by ${killed}` : `ended with status ${status}`;
      reject(new VpatchError("VPATCH_AGENT", `the process that was to ${task} ${how}`));
    });
    child.send({ task, input } satisfies TaskRequest, (error) => {
      if (error) reject(error);
    });
  });
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
}

function toError({ code, message, remedy }: { code?: string; message: string; remedy?: string }): Error {
  if (code === undefined) return new Error(message);
  return new VpatchError(code as ErrorCode, message, remedy === undefined ? {} : { remedy });
}
