/** The reference of all settings, made from their descriptions: `docs/configuration.md`. */
import type { Field, Node, Settings } from "./field.ts";
import { root } from "./schema/root.ts";

const INTRODUCTION = `# Configuration

\`vpatch replay --config FILE\` reads YAML or JSON. Whatever means the same as a setting of \`suricata.yaml\` has its name, nesting and
default there (Suricata 8). Unknown names, and values that are not what a setting expects, are errors with file and line.

Sizes are bytes, or numbers with a unit (\`64mb\`, \`1 MiB\`; powers of 1024). Booleans take any of YAML's spellings (\`yes\`, \`true\`, \`on\`).

Exception policies say what happens to traffic that a limit or an error leaves uninspected: \`ignore\` (it goes on, uninspected from there),
\`bypass\` and \`pass-flow\` (the flow goes on, uninspected), \`pass-packet\`, \`drop-packet\`, \`drop-flow\`, \`reject\` (drop the flow and answer
the sender), \`reject-both\`, \`auto\` (drop the flow in prevention mode, ignore in detection mode).

This page is made by \`npm run docs\`.
`;

const INERT = `
## Accepted, without effect

So that a whole \`suricata.yaml\` can be brought, these are accepted although nothing here depends on them:
`;

/** The page, Markdown. */
export function configurationReference(): string {
  const lines: string[] = [INTRODUCTION];
  const inert: string[] = [];
  const single: string[] = [];
  for (const [name, node] of Object.entries(root.settings as Settings)) {
    if (node.kind === "field") describeField(name, node, single, inert);
  }
  lines.push("## Single settings\n", ...table(single));
  for (const [name, node] of Object.entries(root.settings as Settings)) {
    if (node.kind !== "section") continue;
    const rows: string[] = [];
    describe(name, node, rows, inert);
    if (rows.length > 0) lines.push(`\n## ${name}\n`, `${node.doc}\n`, ...table(rows));
  }
  lines.push(INERT, `${inert.map((path) => `\`${path}\``).join(", ")}.`);
  return `${lines.join("\n")}\n`;
}

function table(rows: readonly string[]): string[] {
  return ["| setting | default | value | meaning |", "| --- | --- | --- | --- |", ...rows];
}

/** Settings that every protocol has are told once, for `PROTOCOL`. */
const PROTOCOLS = "app-layer.protocols";
const EVERY_PROTOCOL = new Set(["detection-ports", "tcp", "udp", "stream-depth", "max-tx"]);

function describe(path: string, node: Node, rows: string[], inert: string[]): void {
  if (node.kind === "field") {
    describeField(path, node, rows, inert);
    return;
  }
  const protocol = path.startsWith(`${PROTOCOLS}.`) && path.split(".").length === 3;
  for (const [name, child] of Object.entries(node.settings as Settings)) {
    const field = child.kind === "field";
    if (protocol && name === "memcap" && field && child.inert) continue;
    if (!protocol || !EVERY_PROTOCOL.has(name) || (field && !child.inert))
      describe(`${path}.${name}`, child, rows, inert);
    else if (path === `${PROTOCOLS}.http`) describe(`${PROTOCOLS}.PROTOCOL.${name}`, child, rows, inert);
  }
}

function describeField(path: string, field: Field<unknown>, rows: string[], inert: string[]): void {
  if (field.inert) inert.push(path);
  else rows.push(`| \`${path}\` | ${formatDefault(field)} | ${escapeCell(field.expects)} | ${escapeCell(field.doc)} |`);
}

function formatDefault({ stock, expects }: Field<unknown>): string {
  if (stock === undefined) return "";
  if (typeof stock === "boolean") return stock ? "yes" : "no";
  if (typeof stock === "number" && expects.startsWith("a size")) return formatSize(stock);
  if (typeof stock === "number" || typeof stock === "string") return `\`${escapeCell(String(stock))}\``;
  if (Array.isArray(stock)) return stock.length === 0 ? "none" : `\`${stock.join(", ")}\``;
  if (expects === "a list of outputs") return "`eve-log`, every type";
  const entries = Object.entries(stock as object);
  return entries.map(([name, value]) => `\`${name}: ${escapeCell(String(value))}\``).join("<br>");
}

function formatSize(bytes: number): string {
  for (const [unit, factor] of [
    ["gb", 1024 ** 3],
    ["mb", 1024 ** 2],
    ["kb", 1024],
  ] as const) {
    if (bytes >= factor && bytes % factor === 0) return `\`${bytes / factor}${unit}\``;
  }
  return `\`${bytes}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
