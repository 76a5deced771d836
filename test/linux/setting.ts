/** What the suites of this folder share: their scratch folder, and whether this is the long form. */
import { runFolder } from "./lab.ts";

export const FOLDER = runFolder();
export const FULL = process.argv.includes("--full");
