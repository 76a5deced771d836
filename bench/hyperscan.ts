/**
 * Native Hyperscan as a rival, called through FFI: block mode, literals, each reported once a buffer (HS_FLAG_SINGLEMATCH).
 * The loop over the buffers is C, too, when a C compiler is found (`cc`), so that no call through FFI is counted against it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import type { Literal } from "../compiler/prefilter/literal_table.ts";
import type { Text } from "./texts.ts";

const CASELESS = 1;
const SINGLEMATCH = 8;
const MODE_BLOCK = 1;

/** How to get the library. */
export const INSTALL = "native Hyperscan is not installed: apt-get install libhyperscan5 (Debian, Ubuntu)";

/** The loop over the buffers, and one that counts what is found. */
const LOOP = `
typedef int (*on_match)(unsigned, unsigned long long, unsigned long long, unsigned, void *);
int hs_scan(const void *, const char *, unsigned, unsigned, void *, on_match, void *);
void scan(const void *db, void *scratch, const char *text, const unsigned *at, unsigned n) {
  for (unsigned i = 0; i < n; i++) hs_scan(db, text + at[2 * i], at[2 * i + 1], 0, scratch, 0, 0);
}
static int add(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *sum) {
  ((unsigned *)sum)[0] += 1;
  ((unsigned *)sum)[1] += id;
  return 0;
}
void find(const void *db, void *scratch, const char *text, const unsigned *at, unsigned n, unsigned *sum) {
  for (unsigned i = 0; i < n; i++) hs_scan(db, text + at[2 * i], at[2 * i + 1], 0, scratch, add, sum);
}
`;

export interface Hyperscan {
  version: string;
  compile(literals: readonly Literal[]): Database;
}

export interface Database {
  /** A function that scans the text once, without reporting; and what is found: number of matches and sum of their indices. */
  prepare(text: Text): { scan(): void; found(): [matches: number, sum: number] };
  close(): void;
}

/** The library, or why it cannot be used. */
export function loadHyperscan(): Hyperscan | string {
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load("libhs.so.5", { global: true });
  } catch {
    return INSTALL;
  }
  let loop: ReturnType<typeof koffi.load>;
  try {
    const folder = mkdtempSync(join(tmpdir(), "vpatch-bench-"));
    writeFileSync(join(folder, "loop.c"), LOOP);
    execFileSync("cc", ["-O2", "-shared", "-fPIC", "-o", join(folder, "loop.so"), join(folder, "loop.c")]);
    loop = koffi.load(join(folder, "loop.so"));
  } catch {
    return "native Hyperscan is there, but no C compiler (cc) for the loop that calls it: apt-get install gcc";
  }
  const hsCompile = library.func(
    "int hs_compile_lit_multi(void*, void*, void*, void*, uint, uint, void*, _Out_ void**, _Out_ void**)",
  );
  const hsScratch = library.func("int hs_alloc_scratch(void*, _Inout_ void**)");
  const hsFree = library.func("int hs_free_database(void*)");
  const hsFreeScratch = library.func("int hs_free_scratch(void*)");
  const scan = loop.func("void scan(void*, void*, void*, void*, uint)");
  const find = loop.func("void find(void*, void*, void*, void*, uint, void*)");
  return {
    version: (library.func("const char *hs_version()")() as string).split(" ")[0]!,
    compile(literals) {
      const { pointers, flags, ids, lengths, bytes } = marshal(literals);
      const database: unknown[] = [null];
      const problem: unknown[] = [null];
      const code = hsCompile(
        pointers,
        flags,
        ids,
        lengths,
        literals.length,
        MODE_BLOCK,
        null,
        database,
        problem,
      ) as number;
      if (code !== 0 || bytes.length === 0) throw new Error(`hs_compile_lit_multi: ${code}`);
      const scratch: unknown[] = [null];
      if (hsScratch(database[0], scratch) !== 0) throw new Error("hs_alloc_scratch failed");
      return {
        prepare(text) {
          const at = Uint32Array.from(text.buffers.flat());
          const count = text.buffers.length;
          return {
            scan: () => scan(database[0], scratch[0], text.bytes, at, count),
            found: () => {
              const sum = new Uint32Array(2);
              find(database[0], scratch[0], text.bytes, at, count, sum);
              return [sum[0]!, sum[1]!];
            },
          };
        },
        close() {
          hsFreeScratch(scratch[0]);
          hsFree(database[0]);
        },
      };
    },
  };
}

/** The arrays the compiler takes; `bytes` must outlive the call. */
function marshal(literals: readonly Literal[]) {
  const bytes = Buffer.concat(literals.map((literal) => literal.bytes));
  const base = BigInt(koffi.address(bytes) as bigint | number);
  const pointers = new BigUint64Array(literals.length);
  const lengths = new BigUint64Array(literals.length);
  let offset = 0;
  literals.forEach(({ bytes: { length } }, i) => {
    pointers[i] = base + BigInt(offset);
    lengths[i] = BigInt(length);
    offset += length;
  });
  const flags = Uint32Array.from(literals, ({ nocase }) => SINGLEMATCH | (nocase ? CASELESS : 0));
  return { pointers, lengths, flags, ids: Uint32Array.from(literals.keys()), bytes };
}
