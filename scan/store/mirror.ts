/** Fetches a published bundle over HTTP(S) into a folder, from which hosts without a network import it. */
import { BundleError, openBundle, readManifest, type SealedBundle } from "../bundle/signing.ts";
import type { Manifest } from "../bundle/types.ts";
import { writeSealed } from "./bundle-store.ts";

const sizeLimit = 64 << 20;
const timeout = 60_000;

/** Nothing is written unless the bundle is whole, signed by a trusted publisher and not expired. */
export async function mirrorBundle(
  url: string,
  folder: string,
  options: { keys: readonly string[]; now: Date },
): Promise<Manifest> {
  const base = url.endsWith("/") ? url : `${url}/`;
  const manifest = await fetchBytes(new URL("vpdb.manifest.json", base));
  const signature = (await fetchBytes(new URL("vpdb.manifest.sig", base))).toString();
  const payload = await fetchBytes(new URL(readManifest(manifest).payload, base));
  const sealed: SealedBundle = { manifest, signature, payload };
  const opened = openBundle(sealed, options);
  writeSealed(folder, sealed);
  return opened.manifest;
}

async function fetchBytes(url: URL): Promise<Buffer> {
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeout) });
  } catch (error) {
    const cause = error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : error;
    throw new BundleError(`${url}: ${cause}`);
  }
  if (!response.ok) throw new BundleError(`${url}: answered ${response.status}`);
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of response.body ?? []) {
    const bytes = part as Uint8Array;
    total += bytes.length;
    if (total > sizeLimit) throw new BundleError(`${url}: larger than ${sizeLimit} bytes`);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}
