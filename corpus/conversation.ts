/** Conversations as text: who says what over one connection. The form is described in `corpus/README.md`. */
import { type Groups, parseBytes, unescapeText } from "./bytes.ts";

/** One side's words, sent at once (in as many segments as it takes). */
export interface Message {
  from: "client" | "server";
  data: Uint8Array;
  /** Seconds that pass before it; none when left out. */
  wait?: number;
}

/** One connection. */
export interface Conversation {
  transport: "tcp" | "udp";
  client: Endpoint;
  server: Endpoint;
  messages: Message[];
  /** Bytes of data in one segment at most. */
  segment: number;
  /** Whether the connection's start is part of it. */
  handshake: boolean;
  /** Whether the connection's end is part of it. */
  close: boolean;
}

export interface Endpoint {
  /** IPv4 or IPv6 address. */
  address: string;
  port: number;
}

const HEAD = /^(tcp|udp)\s+(\S+)\s*>\s*(\S+)((?:\s+\S+)*)\s*$/;
const DEFAULT_SEGMENT = 1400;

/**
 * Reads a conversation.
 * @param head what follows `conversation` on the block's first line
 * @param lines the lines of the block
 * @param groups beside those of the byte notation
 * @throws Error that says which line is wrong
 */
export function parseConversation(head: string, lines: readonly string[], groups: Groups = {}): Conversation {
  const found = HEAD.exec(head.trim());
  if (!found) throw new Error(`"${head}" is not "tcp|udp CLIENT:PORT > SERVER:PORT [options]"`);
  const [, transport, client, server, rest] = found as unknown as [string, "tcp" | "udp", string, string, string];
  const options = new Map<string, string | undefined>();
  for (const word of rest.split(/\s+/).filter(Boolean)) {
    const [name = "", value] = word.split("=", 2);
    options.set(name, value);
  }
  const lineEnd = options.has("lf") ? "\n" : "\r\n";
  const conversation: Conversation = {
    transport,
    client: parseEndpoint(client),
    server: parseEndpoint(server),
    messages: [],
    segment: Number(options.get("mss") ?? DEFAULT_SEGMENT),
    handshake: !options.has("midstream"),
    close: !options.has("open"),
  };
  let last: { from: Message["from"]; parts: Uint8Array[] } | undefined;
  let hex: string[] = [];
  let wait = 0;
  const finishHex = (): void => {
    if (hex.length > 0) last?.parts.push(parseBytes(hex.join("\n"), groups));
    hex = [];
  };
  const finish = (): void => {
    finishHex();
    if (last) {
      conversation.messages.push({ from: last.from, data: fillContentLengths(Buffer.concat(last.parts)), wait });
      wait = 0;
    }
    last = undefined;
  };
  for (const line of lines) {
    const pause = /^--(?: (\d+)s)?$/.exec(line);
    if (pause) {
      finish();
      wait += Number(pause[1] ?? 0);
      continue;
    }
    const side = line[0];
    if (side !== ">" && side !== "<") throw new Error(`"${line}" starts with neither ">" nor "<"`);
    const from = side === ">" ? "client" : "server";
    if (last && last.from !== from) finish();
    last ??= { from, parts: [] };
    if (line[1] === ":") hex.push(line.slice(2));
    else {
      finishHex();
      last.parts.push(parseLine(line, lineEnd));
    }
  }
  finish();
  return conversation;
}

function parseEndpoint(text: string): Endpoint {
  const found = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d+)$/i.exec(text);
  if (!found) throw new Error(`"${text}" is not ADDRESS:PORT (an IPv6 address stands in brackets)`);
  return { address: (found[1] ?? found[2])!, port: Number(found[3]) };
}

function parseLine(line: string, lineEnd: string): Uint8Array {
  const text = line.slice(1).replace(/^ /, "");
  const open = /(?<!\\)(?:\\\\)*\\$/.test(text);
  return Buffer.from(unescapeText(open ? text.slice(0, -1) : text) + (open ? "" : lineEnd), "latin1");
}

/** Replaces `Content-Length: *` by the count of bytes behind the first empty line. */
function fillContentLengths(data: Buffer): Uint8Array {
  const text = data.toString("latin1");
  const end = /\r?\n\r?\n/.exec(text);
  if (!end || !text.includes("Content-Length: *")) return data;
  const length = text.length - end.index - end[0].length;
  return Buffer.from(text.replace("Content-Length: *", `Content-Length: ${length}`), "latin1");
}
