import { readFileSync } from "node:fs";

/** The version of this package, whether run from its sources or from `build/`. */
export function packageVersion(): string {
  const inBuild = import.meta.url.endsWith(".js");
  const file = new URL(inBuild ? "../../../package.json" : "../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
