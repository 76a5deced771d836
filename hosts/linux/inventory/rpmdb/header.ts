/** The package header as the rpm database stores it (rpm documentation, "RPM V4 header format", without lead and magic). */

export interface RpmHeader {
  name: string;
  /** `epoch:version-release`; the epoch only when not 0. */
  evr: string;
  arch: string;
  vendor: string;
  sourceRpm: string;
  /** Modularity label, `name:stream:version:context`. */
  module: string;
  /** Full paths of the package's files. */
  files(): string[];
}

const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  arch: 1022,
  sourceRpm: 1044,
  directoryIndexes: 1116,
  baseNames: 1117,
  directoryNames: 1118,
  modularityLabel: 5096,
} as const;

const int32 = 4;
const stringType = 6;
const stringArray = 8;
const i18nString = 9;

/** Throws a `RangeError` on a header that does not hold together. */
export function parseHeader(blob: Buffer): RpmHeader {
  const count = blob.readUInt32BE(0);
  const store = 8 + count * 16;
  const end = store + blob.readUInt32BE(4);
  if (count > 65_536 || end > blob.length) throw new RangeError("an rpm header is cut off");
  const entries = new Map<number, { type: number; offset: number; count: number }>();
  for (let at = 8; at < store; at += 16) {
    entries.set(blob.readUInt32BE(at), {
      type: blob.readUInt32BE(at + 4),
      offset: store + blob.readUInt32BE(at + 8),
      count: blob.readUInt32BE(at + 12),
    });
  }
  const strings = (tag: number): string[] => {
    const entry = entries.get(tag);
    if (!entry || ![stringType, stringArray, i18nString].includes(entry.type)) return [];
    const found: string[] = [];
    let at = entry.offset;
    while (found.length < entry.count && at < end) {
      const zero = blob.indexOf(0, at);
      if (zero < 0 || zero >= end) break;
      found.push(blob.toString("utf8", at, zero));
      at = zero + 1;
    }
    return found;
  };
  const numbers = (tag: number): number[] => {
    const entry = entries.get(tag);
    if (entry?.type !== int32 || entry.offset + entry.count * 4 > end) return [];
    return Array.from({ length: entry.count }, (_, i) => blob.readUInt32BE(entry.offset + i * 4));
  };
  const text = (tag: number): string => strings(tag)[0] ?? "";
  const epoch = numbers(tags.epoch)[0] ?? 0;
  return {
    name: text(tags.name),
    evr: `${epoch > 0 ? `${epoch}:` : ""}${text(tags.version)}-${text(tags.release)}`,
    arch: text(tags.arch),
    vendor: text(tags.vendor),
    sourceRpm: text(tags.sourceRpm),
    module: text(tags.modularityLabel),
    files: () => {
      const directories = strings(tags.directoryNames);
      const indexes = numbers(tags.directoryIndexes);
      return strings(tags.baseNames).map((name, i) => `${directories[indexes[i] ?? -1] ?? "/"}${name}`);
    },
  };
}
