/** The assignments on disk. A damaged file never counts as "nothing assigned": the version before is used, and said so. */
import { existsSync, readFileSync } from "node:fs";
import { type AssignmentFile, assignmentSchema, emptyAssignments } from "../assign/types.ts";
import { writeDurably } from "./durable-file.ts";

export interface LoadedAssignments {
  file: AssignmentFile;
  /** The newest version could not be read; the scan that follows must retire nothing. */
  problem?: string;
}

/** Throws if both the file and the version before are damaged: overwriting them would lose what is in force. */
export function loadAssignments(path: string, now: Date): LoadedAssignments {
  if (!existsSync(path) && !existsSync(`${path}.previous`)) return { file: emptyAssignments(now) };
  try {
    return { file: read(path) };
  } catch (error) {
    const problem = `${path}: ${error instanceof Error ? error.message : error}`;
    try {
      return { file: read(`${path}.previous`), problem: `${problem}; the version before is used` };
    } catch {
      throw new Error(`${problem}; there is no readable version before it: move it away to start anew`);
    }
  }
}

export function saveAssignments(path: string, file: AssignmentFile): void {
  writeDurably(path, `${JSON.stringify(file, null, 1)}\n`, true);
}

function read(path: string): AssignmentFile {
  let file: AssignmentFile;
  try {
    file = JSON.parse(readFileSync(path, "utf8")) as AssignmentFile;
  } catch (error) {
    throw new Error(error instanceof SyntaxError ? "is damaged or cut off" : `${(error as Error).message}`);
  }
  if (file.schema !== assignmentSchema)
    throw new Error(`has schema ${file.schema}, this vpatch reads ${assignmentSchema}`);
  if (!Array.isArray(file.assignments)) throw new Error("has no list of assignments");
  return file;
}
