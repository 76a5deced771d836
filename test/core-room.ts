/**
 * Builds one room of the core for a test: a small AssemblyScript entry file, named `*.core.ts`, that exports what the test calls.
 * The result is kept in `build/test`, named by the content of every source of the core, so that an unchanged room is compiled once.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** How a room is built; the default is the build of the core. */
export interface RoomOptions {
  /** False: without SIMD. */
  simd?: boolean;
}

/** Compiles `entryFile` (absolute, or relative to the project) and instantiates it. Throws what the compiler says. */
export async function buildRoom(entryFile: string, options: RoomOptions = {}): Promise<WebAssembly.Instance> {
  const module = new WebAssembly.Module(await roomBytes(resolve(root, entryFile), options.simd ?? true));
  const abort = () => {
    throw new Error(`${entryFile}: the core aborted`);
  };
  return new WebAssembly.Instance(module, { env: { abort } });
}

/** The bytes of the room alone, for who makes instances of it. */
export function buildRoomBytes(entryFile: string): Promise<Uint8Array<ArrayBuffer>> {
  return roomBytes(resolve(root, entryFile), true);
}

async function roomBytes(entry: string, simd: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const hash = createHash("sha256").update(simd ? "simd" : "scalar");
  for (const file of [entry, ...sources(join(root, "assembly"))]) hash.update(file).update(readFileSync(file));
  const folder = join(root, "build", "test");
  const file = join(folder, `${hash.digest("hex").slice(0, 24)}.wasm`);
  try {
    return new Uint8Array(readFileSync(file));
  } catch {
    const bytes = await compile(relative(root, entry), simd);
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, bytes);
    return bytes;
  }
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function compile(entry: string, simd: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const asc = (await import("assemblyscript/asc")).default;
  let bytes: Uint8Array | undefined;
  // Some features are on by default: what is not wanted is disabled by name.
  const features = ["--enable", "bulk-memory,sign-extension,mutable-globals", simd ? "--enable" : "--disable", "simd"];
  const { error, stderr } = await asc.main(
    [entry, "-O3", "--noAssert", "--runtime", "stub", ...features, "--outFile", "room.wasm"],
    {
      readFile: (name, folder) => {
        try {
          return readFileSync(resolve(folder === "." ? root : folder, name), "utf8");
        } catch {
          return null;
        }
      },
      writeFile: (name, contents) => {
        if (name.endsWith("room.wasm")) bytes = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || !bytes) throw new Error(`${entry} does not compile:\n${stderr.toString()}${error?.message ?? ""}`);
  return new Uint8Array(bytes);
}
