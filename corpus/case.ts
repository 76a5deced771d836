/** Corpus cases: Markdown files with conversations and the verdict they must get. The form is described in `corpus/README.md`. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Conversation, parseConversation } from "./conversation.ts";

/** What prevention must do with a case. */
export interface Expectation {
  /** Rules that must alert and whose conversation must be cut. */
  drop: number[];
  /** Rules that must alert and let the conversation by. */
  alert: number[];
}

export interface CorpusCase {
  /** File name without its extension. */
  name: string;
  file: string;
  title: string;
  conversations: Conversation[];
  /** Nothing in both lists: no alert, every frame let through. */
  expect: Expectation;
}

/** Every case of a folder, by name. */
export function readCases(folder: string): CorpusCase[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md");
  return files.sort().map((name) => parseCase(join(folder, name), readFileSync(join(folder, name), "utf8")));
}

/** Reads a case. @throws Error with file and line of what is wrong */
export function parseCase(file: string, source: string): CorpusCase {
  const found: CorpusCase = {
    name: basename(file, ".md"),
    file,
    title: /^# (.+)$/m.exec(source)?.[1] ?? basename(file, ".md"),
    conversations: [],
    expect: { drop: [], alert: [] },
  };
  let expected = false;
  for (const { info, lines, line } of codeBlocks(source)) {
    const [kind = "", ...rest] = info.split(/\s+/);
    try {
      if (kind === "conversation") found.conversations.push(parseConversation(rest.join(" "), lines));
      if (kind === "expect") {
        expected = true;
        for (const text of lines) parseExpectation(text, found.expect);
      }
    } catch (error) {
      throw new Error(`${file}:${line}: ${(error as Error).message}`);
    }
  }
  if (found.conversations.length === 0) throw new Error(`${file}: there is no conversation`);
  if (!expected) throw new Error(`${file}: there is no expect block`);
  return found;
}

function parseExpectation(text: string, expect: Expectation): void {
  const found = /^(?:pass|(drop|alert) (\d+))$/.exec(text.trim());
  if (!found) throw new Error(`"${text}" is none of "pass", "drop SID", "alert SID"`);
  if (found[1]) expect[found[1] as keyof Expectation].push(Number(found[2]));
}

/** The fenced code blocks of a Markdown text: info string, lines, line number of the opening fence. */
function* codeBlocks(source: string): Generator<{ info: string; lines: string[]; line: number }> {
  let open: { info: string; lines: string[]; line: number } | undefined;
  for (const [index, text] of source.split(/\r?\n/).entries()) {
    if (open && text === "```") {
      yield open;
      open = undefined;
    } else if (open) {
      open.lines.push(text);
    } else if (text.startsWith("```")) {
      open = { info: text.slice(3).trim(), lines: [], line: index + 1 };
    }
  }
}
