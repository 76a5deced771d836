/**
 * Cases as Markdown: traffic in; alerts, verdicts and EVE fields out. A case is `## name` with prose and these blocks:
 *
 * | block | lines |
 * | --- | --- |
 * | `conversation tcp\|udp A > B [options]` | who says what (`corpus/README.md`); more options: `vlan=ID`, `at=SECONDS`; more groups: `quic( )` |
 * | `frames` | a frame a line (`test/cases/layers.ts`) |
 * | `config` | configuration (YAML), for the whole case |
 * | `file NAME` | a file that rules may name |
 * | `thresholds` | lines of threshold.config |
 * | `rules [HEADER] [prevent]` | a count of alerts, then the options of a rule `alert HEADER any any -> any any`; without HEADER the whole rule but its sid. `refused` and `skipped` stand for a count. In prevention mode with `prevent`. |
 * | `verdicts` | of the rules block before: `COUNT pass\|drop\|reject\|modified`, in the order of the frames |
 * | `events` | of the rules block before: an EVE event that must be there, `TYPE path=value path=value`; one that must not with `no ` before |
 *
 * The rules of a block run together, on all traffic of the case.
 */
import { readdirSync, readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import type { Groups } from "../../corpus/bytes.ts";
import { type Conversation, parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames, DEFAULT_START } from "../../corpus/frames.ts";
import type { RawConfiguration } from "../../hosts/node/config/configuration.ts";
import type { FrameInput } from "../../hosts/node/engine/engine.ts";
import { initial } from "../app/quic_packet.ts";
import { parseFrames } from "./layers.ts";

/** How often a rule alerts, or why it never can. */
export type Outcome = string;

export interface RuleLine {
  outcome: Outcome;
  /** As the block has it. */
  text: string;
  /** The whole rule but its sid. */
  rule: string;
}

export interface RulesBlock {
  rules: RuleLine[];
  mode: "detect" | "prevent";
  verdicts?: string[];
  events?: string[];
}

export interface Case {
  file: string;
  name: string;
  traffic: FrameInput[];
  config?: RawConfiguration;
  files: Map<string, string>;
  thresholds?: string;
  blocks: RulesBlock[];
  /** The source of conversations: head and lines. */
  conversations: { head: string; lines: string[] }[];
}

/** Every case of the Markdown files of a folder. @throws Error that names file and case */
export function readCases(folder: URL): Case[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md");
  return files.sort().flatMap((file) => parseCases(file, readFileSync(new URL(file, folder), "utf8")));
}

export function parseCases(file: string, source: string): Case[] {
  return source
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const name = part.slice(0, part.indexOf("\n"));
      try {
        return parseCase(file, name, part);
      } catch (error) {
        throw new Error(`${file}: ${name}: ${(error as Error).message}`);
      }
    });
}

function parseCase(file: string, name: string, source: string): Case {
  const found: Case = { file, name, traffic: [], files: new Map(), blocks: [], conversations: [] };
  for (const [, kind = "", info = "", text = ""] of source.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)) {
    const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
    const last = found.blocks.at(-1);
    if (kind === "conversation") {
      found.traffic.push(...conversationTraffic(info, lines));
      found.conversations.push({ head: info, lines });
    } else if (kind === "frames") found.traffic.push(...parseFrames(lines));
    else if (kind === "config") found.config = parseYaml(text) as RawConfiguration;
    else if (kind === "file") found.files.set(info, text);
    else if (kind === "thresholds") found.thresholds = text;
    else if (kind === "rules") found.blocks.push(parseRules(info, lines));
    else if ((kind === "verdicts" || kind === "events") && last) last[kind] = lines;
    else throw new Error(`a block "${kind}" has no meaning here`);
  }
  if (found.traffic.length === 0) throw new Error("there is no traffic");
  return found;
}

/** Groups of the byte notation that need cryptography: the first packet of a QUIC client, version 1, around its frames. */
const GROUPS: Groups = {
  quic: (frames) => initial(1, "client", Buffer.from("0102030405060708", "hex"), frames),
};

/** A conversation block as it was said. */
export function readConversation(head: string, lines: readonly string[]): Conversation {
  return parseConversation(head, lines, GROUPS);
}

/** The frames of a conversation block. */
export function conversationTraffic(head: string, lines: readonly string[]): FrameInput[] {
  const start = DEFAULT_START + Number(/\bat=(\d+)/.exec(head)?.[1] ?? 0);
  const vlan = /\bvlan=(\d+)/.exec(head)?.[1];
  return conversationFrames(readConversation(head, lines), start).map(({ data, linkType, seconds, nanoseconds }) => ({
    data: vlan === undefined ? data : tagged(data, Number(vlan)),
    linkType,
    timestamp: seconds * 1_000_000 + Math.floor(nanoseconds / 1000),
  }));
}

function tagged(frame: Uint8Array, id: number): Uint8Array {
  return Buffer.concat([frame.subarray(0, 12), Buffer.of(0x81, 0, id >> 8, id & 255), frame.subarray(12)]);
}

function parseRules(info: string, lines: readonly string[]): RulesBlock {
  const mode = /\bprevent$/.test(info) ? "prevent" : "detect";
  const header = info.replace(/ ?\bprevent$/, "");
  const rules = lines.map((line) => {
    const [, outcome = "", text = ""] = /^(\d+|refused|skipped)\s+(.*)$/.exec(line) ?? [];
    if (outcome === "") throw new Error(`"${line}" begins with no count, "refused" or "skipped"`);
    return { outcome, text, rule: header ? `alert ${header} any any -> any any (${text})` : text };
  });
  return { rules, mode };
}
