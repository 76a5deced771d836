/** The archive of a source: from its server, its file, a mirror folder, or what was fetched before. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { writeDurably } from "../../../../scan/store/durable-file.ts";
import { fileError, VpatchError } from "../../errors.ts";
import { type ArchiveFiles, unpackArchive } from "./archive.ts";
import { download, type Validators } from "./download.ts";
import type { UpdateLimits } from "./limits.ts";
import { fileNameOf, isRemote, type RuleSourceEntry } from "./source_list.ts";

export interface AcquireOptions {
  /** The rule directory, which holds what was fetched before. */
  directory: string;
  limits: UpdateLimits;
  /** A folder with the archives under the names their URLs have: no network is used. */
  mirror?: string;
  /** Ask for everything anew. */
  force?: boolean;
  ca?: string;
}

export interface Acquired {
  files: ArchiveFiles;
  /** `fetched`, `unchanged`, `read` from a file or mirror. */
  how: "fetched" | "unchanged" | "read";
  sha256: string;
  /** Nothing vouches for it but the connection. */
  unchecked: boolean;
}

/** What is remembered of a fetched archive. */
interface CacheRecord extends Validators {
  url: string;
  sha256: string;
  unchecked: boolean;
}

/** An archive that passed every check, not yet remembered. */
export interface Candidate extends Acquired {
  /** Remembers it for the next update; called once the whole set is good. */
  keep(): void;
}

/** @throws VpatchError that names the source */
export async function acquire(source: RuleSourceEntry, options: AcquireOptions): Promise<Candidate> {
  try {
    if (options.mirror !== undefined) return await fromMirror(source, options.mirror, options);
    if (isRemote(source.url)) return await fromServer(source, options);
    const path = source.url.startsWith("file:") ? fileURLToPath(source.url) : source.url;
    return await fromFile(path, source, options.limits);
  } catch (error) {
    if (!(error instanceof VpatchError)) throw error;
    const { code, message, location, remedy, exitCode } = error;
    const where = location.file === undefined ? "" : `${location.file}: `;
    throw new VpatchError(code, `source ${source.name}: ${where}${message}`, {
      exitCode,
      remedy: remedy ?? "what was in force stays; try again, or see vpatch rules sources",
    });
  }
}

function cachePaths(directory: string, name: string): { archive: string; record: string } {
  const base = join(directory, "cache", fileNameOf(name));
  return { archive: `${base}.archive`, record: `${base}.json` };
}

/** What was fetched before, if it is still whole and of this URL. */
export function cached(source: RuleSourceEntry, directory: string): { bytes: Buffer; record: CacheRecord } | undefined {
  const { archive, record: recordFile } = cachePaths(directory, source.name);
  if (!existsSync(archive) || !existsSync(recordFile)) return undefined;
  try {
    const record = JSON.parse(readFileSync(recordFile, "utf8")) as CacheRecord;
    const bytes = readFileSync(archive);
    return record.url === source.url && sha256Of(bytes) === record.sha256 ? { bytes, record } : undefined;
  } catch {
    return undefined;
  }
}

function remember(directory: string, name: string, bytes: Buffer, record: CacheRecord): void {
  const paths = cachePaths(directory, name);
  writeDurably(paths.archive, bytes);
  writeDurably(paths.record, `${JSON.stringify(record, undefined, 1)}\n`);
}

async function fromServer(source: RuleSourceEntry, options: AcquireOptions): Promise<Candidate> {
  const { directory, limits, force, ca } = options;
  const before = force ? undefined : cached(source, directory);
  const authorities = ca === undefined ? {} : { ca };
  const got = await download(source.url, { limits, ...authorities, ...(before ? { known: before.record } : {}) });
  const bytes = got.bytes ?? before!.bytes;
  let unchecked = before?.record.unchecked ?? false;
  if (got.bytes !== undefined) {
    if (source.sha256 === undefined) {
      const sibling = await download(`${source.url}.md5`, { limits, ...authorities, optional: true });
      unchecked = sibling?.bytes === undefined;
      if (sibling?.bytes !== undefined) checkMd5(bytes, sibling.bytes.toString("latin1"));
    } else unchecked = false;
  }
  checkSha256(source, bytes);
  const files = await unpackArchive(new URL(source.url).pathname, bytes, limits);
  const sha256 = sha256Of(bytes);
  const { etag, lastModified } = got;
  const record: CacheRecord = {
    url: source.url,
    sha256,
    unchecked,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
  const keep = (): void => {
    if (got.bytes !== undefined) remember(directory, source.name, bytes, record);
  };
  return { files, how: got.bytes === undefined ? "unchanged" : "fetched", sha256, unchecked, keep };
}

/** In a mirror an archive has the name its URL ends with, or that of its source. */
function mirrored({ name, url }: RuleSourceEntry, mirror: string): string {
  const base = posix.basename(isRemote(url) ? new URL(url).pathname : url.replaceAll("\\", "/"));
  const candidates = [
    `${fileNameOf(name)}-${base}`,
    base,
    ...["tar.gz", "zip", "rules"].map((end) => `${fileNameOf(name)}.${end}`),
  ];
  const found = candidates.map((candidate) => join(mirror, candidate)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new VpatchError("VPATCH_RULES", `the mirror ${mirror} holds neither ${candidates.join(" nor ")}`);
}

/** Remembered like what a server sent, so that filters can be applied anew without the mirror. */
async function fromMirror(
  source: RuleSourceEntry,
  mirror: string,
  { directory, limits }: AcquireOptions,
): Promise<Candidate> {
  const path = mirrored(source, mirror);
  const candidate = await fromFile(path, source, limits);
  const { url } = source;
  const { sha256, unchecked } = candidate;
  if (!isRemote(url)) return candidate;
  return { ...candidate, keep: () => remember(directory, source.name, readFileSync(path), { url, sha256, unchecked }) };
}

async function fromFile(path: string, source: RuleSourceEntry, limits: UpdateLimits): Promise<Candidate> {
  try {
    if (statSync(path).isDirectory()) return fromFolder(path, limits);
    if (statSync(path).size > limits.download) {
      throw new VpatchError("VPATCH_RULES", `${path}: larger than ${limits.download} bytes`);
    }
    const bytes = readFileSync(path);
    checkSha256(source, bytes);
    const sibling = `${path}.md5`;
    if (existsSync(sibling)) checkMd5(bytes, readFileSync(sibling, "latin1"));
    const files = await unpackArchive(path.replaceAll("\\", "/"), bytes, limits);
    return { files, how: "read", sha256: sha256Of(bytes), unchecked: false, keep: () => {} };
  } catch (cause) {
    throw fileError(cause, path);
  }
}

/** Rule files of a folder of one's own. */
function fromFolder(path: string, limits: UpdateLimits): Candidate {
  const files = new Map<string, Buffer>();
  const digest = createHash("sha256");
  let total = 0;
  for (const name of (readdirSync(path, { recursive: true }) as string[]).sort()) {
    const file = join(path, name);
    const { size } = statSync(file);
    if (!name.endsWith(".rules")) continue;
    total += size;
    if (total > limits.unpacked) throw new VpatchError("VPATCH_RULES", `${path}: more than ${limits.unpacked} bytes`);
    const content = readFileSync(file);
    files.set(name.replaceAll("\\", "/"), content);
    digest.update(name).update(content);
  }
  return { files, how: "read", sha256: digest.digest("hex"), unchecked: false, keep: () => {} };
}

const sha256Of = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

function checkSha256({ sha256 }: RuleSourceEntry, bytes: Buffer): void {
  if (sha256 === undefined || sha256Of(bytes) === sha256.toLowerCase()) return;
  throw new VpatchError("VPATCH_RULES", `its SHA-256 is ${sha256Of(bytes)}, not ${sha256.toLowerCase()}`, {
    remedy: "if the publisher changed the archive, add the source anew with the new digest",
  });
}

/** `digest` or `digest  name`. */
function checkMd5(bytes: Buffer, text: string): void {
  const wanted = /\b[0-9a-f]{32}\b/i.exec(text)?.[0]?.toLowerCase();
  if (wanted === undefined) throw new VpatchError("VPATCH_RULES", "the .md5 file beside it holds no MD5");
  const found = createHash("md5").update(bytes).digest("hex");
  if (found !== wanted) throw new VpatchError("VPATCH_RULES", `its MD5 is ${found}, its .md5 file says ${wanted}`);
}
