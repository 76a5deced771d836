/** The bundled signatures, as one text. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../signatures", import.meta.url));

export const SIGNATURES = readdirSync(folder)
  .filter((name) => name.endsWith(".rules"))
  .map((name) => readFileSync(join(folder, name), "utf8"))
  .join("\n");
