/** Archives made for tests. */
import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";

export type TarEntry = [name: string | Partial<Header>, content?: string | Buffer];

export async function tar(...entries: readonly TarEntry[]): Promise<Buffer> {
  const packed = pack();
  for (const [name, content = ""] of entries) {
    packed.entry((typeof name === "string" ? { name } : name) as Header, content as string);
  }
  packed.finalize();
  const parts: Buffer[] = [];
  for await (const part of packed) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export const tarGz = async (...entries: readonly TarEntry[]): Promise<Buffer> => gzipSync(await tar(...entries));

/** A rule by its sid. */
export const rule = (sid: number, rev = 1, options = ""): string =>
  `alert tcp any any -> any any (msg:"rule ${sid}"; ${options}sid:${sid}; rev:${rev};)`;
