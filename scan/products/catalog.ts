/** The detectors that come with vpatch: YAML files in the sources, one JSON file in the build, which loads ten times faster. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ownBundleFolder, packageFolder } from "../package-folder.ts";
import type { Detector } from "./detector.ts";

export function compiledDetectors(): string {
  return join(ownBundleFolder(), "detectors.json");
}

let known: Detector[] | undefined;

export async function loadDetectors(): Promise<Detector[]> {
  const built = import.meta.url.endsWith(".js");
  known ??= built ? (JSON.parse(readFileSync(compiledDetectors(), "utf8")) as Detector[]) : await readDetectors();
  return known;
}

export async function readDetectors(): Promise<Detector[]> {
  const { parseDetector } = await import("./detector.ts");
  const folder = join(packageFolder(), "scan", "detectors");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => parseDetector(readFileSync(join(folder, name), "utf8"), join(folder, name)));
}
