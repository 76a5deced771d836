/** What the scan assigned, as a policy takes it in. */
import { type Assignment, type AssignmentFile, ruleKey } from "../../../scan/assign/types.ts";
import { loadAssignments } from "../../../scan/store/assignment-store.ts";
import { VpatchError } from "../errors.ts";

export interface LoadedForPolicy {
  file: AssignmentFile;
  /** The newest version is damaged; the one before is used. */
  problem?: string;
}

/** Reads the scan's assignments. A file that is not there assigns nothing. @throws VpatchError when it is damaged beyond repair */
export function readAssignments(path: string): LoadedForPolicy {
  try {
    return loadAssignments(path, new Date());
  } catch (error) {
    throw new VpatchError("VPATCH_SCAN", error instanceof Error ? error.message : String(error));
  }
}

/** Assignments by `gid:sid`. */
export function indexAssignments(file: AssignmentFile | undefined): ReadonlyMap<string, Assignment> {
  return new Map((file?.assignments ?? []).map((each) => [ruleKey(each), each]));
}

/** `assigned for CVE-2021-44228 (pkg:maven/...)`. */
export function assignmentReason({ state, origin, proofs, reason }: Assignment): string {
  const [proof] = proofs;
  if (origin === "pin") return `pinned with vpatch recommend${reason ? `: ${reason}` : ""}`;
  const why = proof ? ` for ${proof.cve} (${proof.purl})` : "";
  return `assigned by the scan${why}${state === "retiring" ? ", retiring" : ""}`;
}
