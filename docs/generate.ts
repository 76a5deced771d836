/** `npm run docs`: writes the pages of this folder that are made from the code. */
import { writeFileSync } from "node:fs";
import { keywordReference } from "../compiler/keywords/reference.ts";
import { configurationReference } from "../hosts/node/config/reference.ts";
import { abiPage } from "./abi.ts";

/** Generated pages, by file name. */
export const PAGES: Readonly<Record<string, () => string>> = {
  "abi.md": abiPage,
  "configuration.md": configurationReference,
  "keywords.md": keywordReference,
};

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const [name, make] of Object.entries(PAGES)) writeFileSync(new URL(name, import.meta.url), make());
}
