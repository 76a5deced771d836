/**
 * Builds the bundle that comes with the package, from `scan/advisories/`: a first scan works without a network. It is part of
 * the package as the program is, so it carries no signature, no expiry and the lowest serial.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownBundleFolder, packageFolder } from "../package-folder.ts";
import { compiledDetectors, readDetectors } from "../products/catalog.ts";
import { writeSealed } from "../store/bundle-store.ts";
import { buildBundle } from "./build.ts";
import { type SealedBundle, sealBundle } from "./signing.ts";

export async function buildOwnBundle(): Promise<SealedBundle> {
  const folder = join(packageFolder(), "scan", "advisories");
  const { bundle, sources } = await buildBundle({
    rules: [],
    sources: [
      { kind: "advisories", path: folder, name: "vpatch advisories", licence: "Apache-2.0" },
      {
        kind: "kev",
        path: join(folder, "known-exploited.json"),
        name: "CISA Known Exploited Vulnerabilities",
        licence: "CC0-1.0",
      },
    ],
  });
  return sealBundle(bundle, { serial: 0, created: new Date(0), sources });
}

export async function writeOwnBundle(): Promise<void> {
  rmSync(ownBundleFolder(), { recursive: true, force: true });
  writeSealed(ownBundleFolder(), await buildOwnBundle());
  writeFileSync(compiledDetectors(), JSON.stringify(await readDetectors()));
}
