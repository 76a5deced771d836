/** Makes and checks bundles: digest, Ed25519 signature (RFC 8032, node:crypto), serial and expiry. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Bundle, bundleFormat, type Manifest } from "./types.ts";

/** A reason to refuse a bundle, told to the operator as it stands. */
export class BundleError extends Error {
  override name = "BundleError";
}

/** The files of one bundle, as bytes. */
export interface SealedBundle {
  payload: Uint8Array;
  manifest: Uint8Array;
  /** Raw Ed25519 signature of the manifest's bytes, base64; absent only for the bundle inside the package. */
  signature?: string;
}

/** Largest payload, compressed and not: a bundle of everything we know is a hundredth of it. */
const payloadLimit = 64 << 20;
const unpackedLimit = 512 << 20;

export interface SealOptions {
  serial: number;
  created: Date;
  expires?: Date;
  sources: Manifest["sources"];
  /** PEM of an Ed25519 private key. */
  key?: string;
}

export function sealBundle(bundle: Bundle, options: SealOptions): SealedBundle {
  const payload = gzipSync(JSON.stringify(bundle), { level: 9 });
  const rows = Object.values(bundle.packages).flatMap((packages) => Object.values(packages));
  const manifest: Manifest = {
    format: bundleFormat,
    serial: options.serial,
    created: options.created.toISOString(),
    ...(options.expires ? { expires: options.expires.toISOString() } : {}),
    payload: `vpdb-${options.serial}.json.gz`,
    sha256: createHash("sha256").update(payload).digest("hex"),
    bytes: payload.length,
    sources: options.sources,
    counts: {
      cves: Object.keys(bundle.cves).length,
      rows: rows.reduce((sum, list) => sum + list.length, 0),
      rules: bundle.rules.length,
    },
  };
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  if (options.key === undefined) return { payload, manifest: bytes };
  return { payload, manifest: bytes, signature: sign(null, bytes, privateKey(options.key)).toString("base64") };
}

export interface OpenOptions {
  /** PEMs of the public keys of publishers that are trusted. */
  keys: readonly string[];
  now: Date;
  /** The bundle in force; an older one is refused. */
  serialInForce?: number;
}

/** Checks everything, in the order that lets the first wrong thing be named. Throws a `BundleError`. */
export function openBundle(sealed: SealedBundle, options: OpenOptions): { bundle: Bundle; manifest: Manifest } {
  if (sealed.signature === undefined) throw new BundleError("the bundle is not signed");
  const signature = Buffer.from(sealed.signature.trim(), "base64");
  if (options.keys.length === 0) throw new BundleError("no publisher's key is trusted: add one with --key");
  if (!options.keys.some((key) => verify(null, sealed.manifest, publicKey(key), signature))) {
    throw new BundleError("the bundle's signature is not of a trusted publisher");
  }
  const manifest = readManifest(sealed.manifest);
  const { serialInForce } = options;
  if (serialInForce !== undefined && manifest.serial < serialInForce) {
    throw new BundleError(`the bundle's serial ${manifest.serial} is lower than ${serialInForce}, which is in force`);
  }
  if (manifest.expires !== undefined && !(Date.parse(manifest.expires) > options.now.getTime())) {
    throw new BundleError(`the bundle expired at ${manifest.expires}: import a newer one`);
  }
  return { bundle: openPayload(sealed.payload, manifest), manifest };
}

/** For the bundle inside the package, which is trusted as the package is: the digest is checked, a signature is not. */
export function openOwnBundle(sealed: SealedBundle): { bundle: Bundle; manifest: Manifest } {
  const manifest = readManifest(sealed.manifest);
  return { bundle: openPayload(sealed.payload, manifest), manifest };
}

export function readManifest(bytes: Uint8Array): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(Buffer.from(bytes).toString()) as Manifest;
  } catch {
    throw new BundleError("the bundle's manifest is not JSON: it is damaged or cut off");
  }
  if (manifest.format !== bundleFormat) {
    throw new BundleError(`the bundle's format is ${manifest.format}, this vpatch reads ${bundleFormat}`);
  }
  if (!Number.isSafeInteger(manifest.serial) || !/^vpdb-\d+\.json\.gz$/.test(manifest.payload)) {
    throw new BundleError("the bundle's manifest lacks a serial or a payload");
  }
  return manifest;
}

function openPayload(payload: Uint8Array, manifest: Manifest): Bundle {
  if (payload.length !== manifest.bytes || payload.length > payloadLimit) {
    throw new BundleError(`the bundle has ${payload.length} bytes, its manifest says ${manifest.bytes}: it is cut off`);
  }
  if (createHash("sha256").update(payload).digest("hex") !== manifest.sha256) {
    throw new BundleError("the bundle's digest is not the one in its manifest: it is damaged");
  }
  let bundle: Bundle;
  try {
    bundle = JSON.parse(gunzipSync(payload, { maxOutputLength: unpackedLimit }).toString()) as Bundle;
  } catch {
    throw new BundleError("the bundle cannot be unpacked");
  }
  if (bundle.format !== bundleFormat) throw new BundleError(`the bundle's content is not of format ${bundleFormat}`);
  return bundle;
}

/** A new key pair, as PEM. */
export function newKeyPair(): { publicKey: string; privateKey: string } {
  return generateKeyPairSync("ed25519", {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

function privateKey(pem: string) {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Told below.
  }
  throw new BundleError("the signing key is no Ed25519 private key in PEM: make one with `vpatch db keygen`");
}

function publicKey(pem: string) {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Told below.
  }
  throw new BundleError("a trusted key is no Ed25519 public key in PEM");
}
