/** The detectors that come with vpatch. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "../package-folder.ts";
import { type Detector, parseDetector } from "./detector.ts";

let known: Detector[] | undefined;

export function loadDetectors(folder = join(packageFolder(), "scan", "detectors")): Detector[] {
  known ??= readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => parseDetector(readFileSync(join(folder, name), "utf8"), join(folder, name)));
  return known;
}
