/** Bundles on disk: one folder with the manifest, its signature and the payload; a new one replaces the last only if it is good. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BundleError, openBundle, openOwnBundle, readManifest, type SealedBundle } from "../bundle/signing.ts";
import type { Bundle, Manifest } from "../bundle/types.ts";
import { writeDurably } from "./durable-file.ts";

const manifestName = "vpdb.manifest.json";
const signatureName = "vpdb.manifest.sig";

/** Reads the files of a bundle folder, unchecked. */
export function readSealed(folder: string): SealedBundle {
  const read = (name: string): Buffer => {
    try {
      return readFileSync(join(folder, name));
    } catch {
      throw new BundleError(`${join(folder, name)} is missing or cannot be read`);
    }
  };
  const manifest = read(manifestName);
  const payload = read(readManifest(manifest).payload);
  if (!existsSync(join(folder, signatureName))) return { payload, manifest };
  return { payload, manifest, signature: read(signatureName).toString() };
}

/** The manifest is written last: a crash before it leaves the old bundle whole. */
export function writeSealed(folder: string, sealed: SealedBundle): void {
  const { payload } = readManifest(sealed.manifest);
  writeDurably(join(folder, payload), sealed.payload);
  if (sealed.signature === undefined) rmSync(join(folder, signatureName), { force: true });
  else writeDurably(join(folder, signatureName), `${sealed.signature.trim()}\n`);
  writeDurably(join(folder, manifestName), sealed.manifest);
  for (const name of readdirSync(folder)) {
    if (/^vpdb-\d+\.json\.gz$/.test(name) && name !== payload) rmSync(join(folder, name));
  }
}

export interface ImportOptions {
  keys: readonly string[];
  now: Date;
}

/** Checks a bundle and puts it in force. Whatever is wrong is a `BundleError`, and the bundle in force stays. */
export function importBundle(sealed: SealedBundle, folder: string, { keys, now }: ImportOptions): Manifest {
  const inForce = existsSync(join(folder, manifestName)) ? readManifest(readSealed(folder).manifest).serial : undefined;
  const { manifest } = openBundle(sealed, { keys, now, ...(inForce === undefined ? {} : { serialInForce: inForce }) });
  writeSealed(folder, sealed);
  return manifest;
}

export interface BundleInForce {
  bundle: Bundle;
  manifest: Manifest;
  /** Why the imported bundle was passed over for the one inside the package. */
  problem?: string;
}

/** The imported bundle if there is one, else the one inside the package (`own`), which needs no signature. */
export function bundleInForce(folder: string, own: string, options: ImportOptions): BundleInForce {
  if (existsSync(join(folder, manifestName))) {
    try {
      return openBundle(readSealed(folder), options);
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      return { ...openOwnBundle(readSealed(own)), problem: `${folder}: ${error.message}` };
    }
  }
  return openOwnBundle(readSealed(own));
}
