/** Files of the agent's state folder (`vpatch.state-dir`). The scan keeps its own beside them (assignments, bundles, keys). */
import { join } from "node:path";

/** The agent's identity. */
export const identityFile = (state: string): string => join(state, "identity.json");
/** The mode that `vpatch mode` set. */
export const modeFile = (state: string): string => join(state, "mode.json");
/** The last database that was in force, for a start with rules that do not compile. */
export const lastGoodFile = (state: string): string => join(state, "rules.vpdb");
/** A database before it is in force. */
export const compiledFile = (state: string): string => join(state, "compiled.vpdb");
/** What the scan assigned, as rules. */
export const assignedRulesFile = (state: string): string => join(state, "assigned.rules");
/** The scan's assignments. */
export const assignmentsPath = (state: string): string => join(state, "assignments.json");
/** The report of the last scan. */
export const reportFile = (state: string): string => join(state, "report.json");
/** Evidence, unless `vpatch.evidence.directory` says otherwise. */
export const evidenceFolder = (state: string): string => join(state, "evidence");
