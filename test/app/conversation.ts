/**
 * Conversations as Markdown: a block ```http of what both sides send, a block ```trace of what the parser must have found.
 *
 *     > GET / HTTP/1.1         to the server; every line ends with CRLF
 *     < HTTP/1.1 200 OK        to the client
 *     < part\                  a backslash at the end: no CRLF
 *     ---                      the segment ends here; lines of one side without it are one segment
 *     > EOF                    the side closes        > GAP 100    bytes are lost
 *
 * Escapes: \r \n \t \0 \\ \xHH. Macros: {gzip:text}, {zlib:text}, {deflate:text}, {repeat:count:text}; they nest.
 */
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";

/** One piece of input: 0 to the server, 1 to the client. */
export interface Segment {
  direction: 0 | 1;
  data: Buffer;
  gap?: number;
  eof?: boolean;
}

export interface Conversation {
  title: string;
  settings: Record<string, number>;
  segments: Segment[];
  expected: string[];
}

function unescaped(text: string): string {
  return text.replace(/\\(r|n|t|0|\\|x[0-9a-fA-F]{2})/g, (_, code: string) => {
    if (code[0] === "x") return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\" }[code]!;
  });
}

const pack: Record<string, (data: Buffer) => Buffer> = { gzip: gzipSync, zlib: deflateSync, deflate: deflateRawSync };

/** Innermost macros first, until none is left. */
function expand(text: string): string {
  for (;;) {
    const found = /\{(gzip|zlib|deflate|repeat):((?:[^{}])*)\}/.exec(text);
    if (!found) return text;
    const [whole, name, body] = found as unknown as [string, string, string];
    let result: string;
    if (name === "repeat") {
      const at = body.indexOf(":");
      result = body.slice(at + 1).repeat(Number(body.slice(0, at)));
    } else result = pack[name]!(Buffer.from(body, "latin1")).toString("latin1");
    // What a macro made must not be read as one.
    const safe = result.replace(/[{}]/g, (c) => (c === "{" ? "\ue000" : "\ue001"));
    text = text.slice(0, found.index) + safe + text.slice(found.index + whole.length);
  }
}

function bytes(text: string): Buffer {
  return Buffer.from(
    expand(unescaped(text))
      .replace(/\ue000/g, "{")
      .replace(/\ue001/g, "}"),
    "latin1",
  );
}

function segmentsOf(block: string): Segment[] {
  const segments: Segment[] = [];
  let open: { direction: 0 | 1; text: string } | undefined;
  const flush = () => {
    if (open) segments.push({ direction: open.direction, data: bytes(open.text) });
    open = undefined;
  };
  for (const line of block.split("\n")) {
    if (line === "---") {
      flush();
      continue;
    }
    const side = /^([<>]) ?(.*)$/.exec(line);
    if (!side) continue;
    const direction = side[1] === ">" ? 0 : 1;
    const text = side[2]!;
    const gap = /^GAP (\d+)$/.exec(text);
    if (text === "EOF" || gap) {
      flush();
      segments.push({ direction, data: Buffer.alloc(0), ...(gap ? { gap: Number(gap[1]) } : { eof: true }) });
      continue;
    }
    if (open && open.direction !== direction) flush();
    open ??= { direction, text: "" };
    open.text += text.endsWith("\\") ? text.slice(0, -1) : `${text}\\r\\n`;
  }
  flush();
  return segments;
}

/** The cases of a Markdown file: each heading with both blocks. A block ```settings has "Name value" lines. */
export function conversations(markdown: string): Conversation[] {
  const cases: Conversation[] = [];
  for (const section of markdown.split(/^#+ /m).slice(1)) {
    const block = (name: string) => new RegExp(`\`\`\`${name}\\n([^]*?)\\n\`\`\``).exec(section)?.[1];
    const http = block("http");
    const trace = block("trace");
    if (http === undefined || trace === undefined) continue;
    const settings = Object.fromEntries(
      (block("settings") ?? "")
        .split("\n")
        .filter(Boolean)
        .map((line) => [line.split(" ")[0]!, Number(line.split(" ")[1])]),
    );
    cases.push({ title: section.split("\n")[0]!, settings, segments: segmentsOf(http), expected: trace.split("\n") });
  }
  return cases;
}
