/** Rule sets of any size: those of a folder in an order that is always the same, or made up. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultConfiguration } from "../hosts/node/config/configuration.ts";
import { compileRules } from "../hosts/node/rules/compile.ts";
import { generatedLiterals } from "./patterns.ts";
import { random } from "./random.ts";

/** The rules of a folder (those not commented out), shuffled; without a folder `count` rules made up. */
export function ruleTexts(folder: string | undefined, count: number): string[] {
  const rules = folder === undefined ? madeUp(count) : rulesIn(folder);
  const next = random(1);
  for (let i = rules.length - 1; i > 0; i--) {
    const j = next(i + 1);
    [rules[i], rules[j]] = [rules[j]!, rules[i]!];
  }
  return rules;
}

function rulesIn(folder: string): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".rules"));
  return files.sort().flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .filter((line) => /^(alert|drop|reject|pass) /.test(line)),
  );
}

const PLACES = [
  ["http any any -> any any", "flow:established,to_server; http.uri;"],
  ["http any any -> any any", "flow:established,to_server; http.host;"],
  ["http any any -> any any", "flow:established,to_server; http.user_agent;"],
  ["http any any -> any any", "flow:established,to_client; file.data;"],
  ["dns any any -> any any", "dns.query;"],
  ["tls any any -> any any", "flow:established,to_server; tls.sni;"],
  ["tcp any any -> any any", "flow:established,to_server;"],
  ["tcp any any -> any any", "flow:established,to_client;"],
  ["udp any any -> any any", ""],
] as const;

function madeUp(count: number): string[] {
  return generatedLiterals(count).map(({ bytes }, i) => {
    const [header, buffer] = PLACES[i % PLACES.length]!;
    const content = Buffer.from(bytes).toString("hex").toLowerCase().replace(/../g, "$& ").trim();
    const nocase = header.startsWith("http") && !buffer.includes("host") ? " nocase;" : "";
    const text = buffer.includes("host")
      ? Buffer.from(content.replaceAll(" ", ""), "hex").toString("latin1").toLowerCase()
      : undefined;
    const pattern = text !== undefined && /^[\w./&=-]+$/.test(text) ? text : `|${content}|`;
    return `alert ${header} (msg:"made up ${i}"; ${buffer} content:"${pattern}";${nocase} sid:${i + 1};)`;
  });
}

/** The database of these rules. Rules the compiler refuses are left out. */
export function databaseOf(rules: readonly string[]): Uint8Array {
  return compileRules([{ file: "bench.rules", text: rules.join("\n") }], defaultConfiguration()).database;
}
