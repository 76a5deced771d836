/** Read access to a root directory, as collectors and detectors need it: a real root, a container's, or one made for a test. */
export interface FileTree {
  /** Up to `limit` bytes from the start of a regular file; `undefined` if there is none or it cannot be read. */
  read(path: string, limit?: number): Uint8Array | undefined;
  /** Entries of a directory, sorted by name; empty if there is none. */
  list(path: string): readonly TreeEntry[];
  kind(path: string): "file" | "directory" | undefined;
  size(path: string): number;
  /** Random access, for archives. `undefined` past the end or on error. */
  readAt(path: string, offset: number, length: number): Uint8Array | undefined;
}

export interface TreeEntry {
  name: string;
  kind: "file" | "directory" | "link" | "other";
}

/** Largest text file a detector reads: version files are small. */
export const textLimit = 1 << 20;

export function readText(tree: FileTree, path: string, limit = textLimit): string | undefined {
  const bytes = tree.read(path, limit);
  return bytes === undefined ? undefined : decodeText(bytes);
}

/** UTF-8 or, by its byte order mark, UTF-16; bytes that are neither come out as replacement characters. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  return new TextDecoder("utf-8").decode(bytes);
}

/** Joins a directory and a path relative to it; `.` is the directory itself, a path with a leading slash stays. */
export function joinPath(directory: string, relative: string): string {
  if (relative.startsWith("/")) return relative;
  if (relative === "." || relative === "") return directory;
  return directory === "/" ? `/${relative}` : `${directory}/${relative}`;
}

/**
 * Paths below `base` that a pattern names. `*` matches within one component. At most `limit` are returned.
 */
export function expand(tree: FileTree, base: string, pattern: string, limit = 64): string[] {
  let found = [base];
  for (const part of pattern.split("/").filter((each) => each !== "" && each !== ".")) {
    const next: string[] = [];
    for (const directory of found) {
      if (next.length >= limit) break;
      if (!part.includes("*")) {
        next.push(joinPath(directory, part));
        continue;
      }
      const match = wildcard(part);
      for (const entry of tree.list(directory)) if (match.test(entry.name)) next.push(joinPath(directory, entry.name));
    }
    found = next;
  }
  return found.filter((path) => tree.kind(path) !== undefined).slice(0, limit);
}

function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*")}$`);
}
