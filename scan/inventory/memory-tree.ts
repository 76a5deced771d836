import type { FileTree, TreeEntry } from "./file-tree.ts";

/** A file tree held in memory: exported data of another host, or a laid-out installation in a test. */
export class MemoryTree implements FileTree {
  readonly #files = new Map<string, Uint8Array>();
  readonly #directories = new Map<string, Map<string, TreeEntry["kind"]>>([["/", new Map()]]);

  constructor(files: Record<string, string | Uint8Array> = {}) {
    for (const [path, content] of Object.entries(files)) this.add(path, content);
  }

  add(path: string, content: string | Uint8Array): void {
    const parts = path.split("/").filter((part) => part !== "");
    let directory = "/";
    parts.forEach((name, index) => {
      const last = index === parts.length - 1;
      const child = directory === "/" ? `/${name}` : `${directory}/${name}`;
      this.#directories.get(directory)!.set(name, last ? "file" : "directory");
      if (last) this.#files.set(child, typeof content === "string" ? new TextEncoder().encode(content) : content);
      else if (!this.#directories.has(child)) this.#directories.set(child, new Map());
      directory = child;
    });
  }

  read(path: string, limit = Number.POSITIVE_INFINITY): Uint8Array | undefined {
    return this.#files.get(clean(path))?.subarray(0, limit);
  }

  readAt(path: string, offset: number, length: number): Uint8Array | undefined {
    return this.#files.get(clean(path))?.subarray(offset, offset + length);
  }

  size(path: string): number {
    return this.#files.get(clean(path))?.length ?? 0;
  }

  list(path: string): readonly TreeEntry[] {
    const entries = this.#directories.get(clean(path)) ?? new Map<string, TreeEntry["kind"]>();
    return [...entries].map(([name, kind]) => ({ name, kind })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  kind(path: string): "file" | "directory" | undefined {
    if (this.#files.has(clean(path))) return "file";
    return this.#directories.has(clean(path)) ? "directory" : undefined;
  }
}

function clean(path: string): string {
  const text = `/${path}`.replace(/\/+/g, "/");
  return text.length > 1 && text.endsWith("/") ? text.slice(0, -1) : text;
}
