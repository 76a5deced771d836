/** `vpatch db build|keygen|verify|import|mirror`. */
import { chmodSync } from "node:fs";
import { buildBundle, type SourceInput, sourceKinds } from "../../../scan/bundle/build.ts";
import { newKeyPair, openBundle, sealBundle } from "../../../scan/bundle/signing.ts";
import type { Manifest } from "../../../scan/bundle/types.ts";
import { importBundle, readSealed, writeSealed } from "../../../scan/store/bundle-store.ts";
import { mirrorBundle } from "../../../scan/store/mirror.ts";
import { ExitCode, VpatchError } from "../errors.ts";
import { readText } from "../rules/files.ts";
import { bundleFolder, emit, reporting, trustedKeys, writeText } from "./scan-context.ts";

interface BuildOptions {
  output: string;
  rules?: string[];
  source: string[];
  suites: string;
  serial?: string;
  days: string;
  key?: string;
}

export async function buildCommand(options: BuildOptions): Promise<void> {
  await reporting(async () => {
    const now = new Date();
    const serial =
      options.serial === undefined ? Math.floor(now.getTime() / 1000) : numberOf("--serial", options.serial);
    const { bundle, sources } = await buildBundle({
      rules: options.rules ?? [],
      sources: options.source.map(sourceOf),
      suites: options.suites.split(","),
      report: (message) => process.stderr.write(`${message}\n`),
    });
    const sealed = sealBundle(bundle, {
      serial,
      created: now,
      expires: new Date(now.getTime() + numberOf("--days", options.days) * 86_400_000),
      sources,
      ...(options.key === undefined ? {} : { key: readText(options.key) }),
    });
    writeSealed(options.output, sealed);
    if (options.key === undefined) process.stderr.write("note: not signed: no host will import it (give --key)\n");
    const { cves, rows, rules } = (JSON.parse(Buffer.from(sealed.manifest).toString()) as Manifest).counts;
    emit(
      `${options.output}: serial ${serial}, ${cves} CVEs, ${rows} rows, ${rules} rules, ${sealed.payload.length} bytes`,
      undefined,
    );
  });
}

function numberOf(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new VpatchError("VPATCH_USAGE", `${option} ${text} is no whole number`, { exitCode: ExitCode.Usage });
}

function sourceOf(text: string): SourceInput {
  const at = text.indexOf("=");
  const kind = sourceKinds.find((each) => each === text.slice(0, at));
  if (kind === undefined || at === text.length - 1) {
    const message = `--source ${text} is not of the form KIND=PATH with a kind of ${sourceKinds.join(", ")}`;
    throw new VpatchError("VPATCH_USAGE", message, { exitCode: ExitCode.Usage });
  }
  return { kind, path: text.slice(at + 1) };
}

export async function keygenCommand(name: string): Promise<void> {
  await reporting(() => {
    const { publicKey, privateKey } = newKeyPair();
    writeText(`${name}.key`, privateKey);
    chmodSync(`${name}.key`, 0o600);
    writeText(`${name}.pem`, publicKey);
    emit(`${name}.key is the private key: keep it; ${name}.pem goes to the hosts, into <state>/keys`, undefined);
  });
}

interface TrustOptions {
  state: string;
  key?: string[];
}

export async function verifyCommand(folder: string | undefined, options: TrustOptions): Promise<void> {
  await reporting(() => {
    const path = folder ?? bundleFolder(options.state);
    const { manifest } = openBundle(readSealed(path), { keys: trustedKeys(options), now: new Date() });
    emit(`${path}: good: ${described(manifest)}`, undefined);
  });
}

export async function importCommand(folder: string, options: TrustOptions): Promise<void> {
  await reporting(() => {
    const trust = { keys: trustedKeys(options), now: new Date() };
    emit(`in force: ${described(importBundle(readSealed(folder), bundleFolder(options.state), trust))}`, undefined);
  });
}

export async function mirrorCommand(url: string, folder: string, options: TrustOptions): Promise<void> {
  await reporting(async () => {
    const manifest = await mirrorBundle(url, folder, { keys: trustedKeys(options), now: new Date() });
    emit(`${folder}: ${described(manifest)}`, undefined);
  });
}

function described({ serial, created, expires, counts, sources }: Manifest): string {
  const list = sources.map(({ name, version }) => (version ? `${name} ${version}` : name)).join(", ");
  return `serial ${serial} of ${created}, expires ${expires ?? "never"}, ${counts.cves} CVEs, ${counts.rules} rules; from ${list}`;
}
