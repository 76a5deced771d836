/** The keyword reference, `docs/keywords.md`, from the keyword table. */
import type { Keyword } from "./keyword.ts";
import { KEYWORDS } from "./table.ts";

const HEAD = `# Rule keywords

Generated from \`compiler/keywords/\` by \`npm run docs\`; a test fails when it is out of date. Rules are written in the language
of Suricata 8. A keyword means what the Suricata manual says unless the last column says otherwise; a rule that cannot be
honoured exactly is refused by name, keyword, file and line, never half-applied.

A sticky buffer is named, then follow its transforms and what is asked of it. "Comparison" stands for \`N\`, \`<N\`, \`<=N\`,
\`>N\`, \`>=N\`, \`!N\`, \`A-B\` and \`A<>B\` (both ends excluded), \`!A-B\`, \`&mask=N\` and \`&mask!=N\`.
`;

export function keywordReference(): string {
  const families = new Map<string, Keyword[]>();
  for (const keyword of KEYWORDS) {
    const rows = families.get(keyword.family);
    if (rows === undefined) families.set(keyword.family, [keyword]);
    else rows.push(keyword);
  }
  const parts = [HEAD];
  for (const [family, rows] of families) {
    parts.push(`## ${family}\n\n| Keyword | Meaning | Differs |\n|---|---|---|\n${rows.map(row).join("\n")}\n`);
  }
  return parts.join("\n");
}

function row({ name, aliases = [], docs, differs = "" }: Keyword): string {
  const names = [name, ...aliases].map((one) => `\`${one}\``).join(", ");
  return `| ${names} | ${cell(docs)} | ${cell(differs)} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
