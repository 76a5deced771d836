import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, whether run from its sources or from `build/`: the nearest one with a package.json. */
export function packageFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (dirname(folder) === folder)
      throw new Error("vpatch's package.json was not found: the installation is not whole");
  }
}

/** Where the build puts the bundle and the detectors of the package. */
export function ownBundleFolder(): string {
  return join(packageFolder(), "build", "bundle");
}
