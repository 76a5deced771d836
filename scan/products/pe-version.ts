import type { FileTree } from "../inventory/file-tree.ts";

/** Largest executable that is searched. */
const sizeLimit = 64 << 20;
const signature = Buffer.from([0xbd, 0x04, 0xef, 0xfe]);

/** FileVersion of a PE file, from its VS_FIXEDFILEINFO (Windows, verrsrc.h): "15.1.2507.6". */
export function peVersion(tree: FileTree, path: string): string | undefined {
  if (tree.size(path) > sizeLimit) return undefined;
  const bytes = Buffer.from(tree.read(path) ?? []);
  if (bytes.toString("latin1", 0, 2) !== "MZ") return undefined;
  const at = bytes.indexOf(signature);
  if (at < 0 || at + 16 > bytes.length) return undefined;
  const high = bytes.readUInt32LE(at + 8);
  const low = bytes.readUInt32LE(at + 12);
  return [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].join(".");
}
