/** Reads what `systeminfo` and `wmic qfe` print, in any language: only what does not depend on it is looked at. */
import type { WindowsSystem } from "./product.ts";

export interface SystemInfo extends WindowsSystem {
  host: string;
}

/** Throws if the text names no Windows version. */
export function parseSystemInfo(text: string, file: string): SystemInfo {
  const lines = text.split(/\r?\n/);
  const textAfterColon = (line: string | undefined): string => /:\s+(\S.*?)\s*$/.exec(line ?? "")?.[1] ?? "";
  const at = lines.findIndex((line) => /:\s+\d+\.\d+\.\d{4,}\b/.test(line));
  const version = /:\s+(\d+\.\d+\.\d{4,})\b(.*)$/.exec(lines[at] ?? "");
  if (!version) throw new Error(`${file}: no Windows version (like 10.0.17763) in it: is it the output of systeminfo?`);
  const captionLine = lines.slice(0, at).findLast((line) => /Windows/i.test(textAfterColon(line)));
  const host = lines.slice(0, at).find((line) => textAfterColon(line) !== "" && !/Windows/i.test(textAfterColon(line)));
  return {
    host: textAfterColon(host) || file,
    caption: textAfterColon(captionLine),
    version: version[1]!,
    servicePack: Number(/Service Pack (\d)/i.exec(version[2]!)?.[1] ?? 0),
    architecture: architectureOf(text),
  };
}

function architectureOf(text: string): WindowsSystem["architecture"] {
  const type = /\b(x64|x86|arm64|amd64|ia64|itanium)[- ]?(?:based|basiert|basado|baseado)?/i
    .exec(text)?.[1]
    ?.toLowerCase();
  if (type === "arm64") return "arm64";
  if (type === "ia64" || type === "itanium") return "ia64";
  return type === "x86" ? "x86" : "x64";
}

/** Every KB number in a text, `KB123456`, without repetition. */
export function hotfixesIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\bKB(\d{6,8})\b/gi)].map((match) => `KB${match[1]}`))].sort();
}
