/**
 * Notation of the stream cases (*.md). A segment, one a line:
 *
 *   c S 1000 win 8192 ws 7          client, SYN, sequence number
 *   s SA 5000/1001                  server, SYN and ACK, sequence and acknowledgement number
 *   c PA 1001/5001 "GET /"          with payload; \r \n and \xx in it
 *
 * More words: ts VALUE/ECHO, sack LEFT-RIGHT, sackok, tfo, md5, urg POINTER, badsum, pseudo, at SECONDS.
 * Of each segment the trace tells: number, state, events; then what was handed out:
 *
 *   4 established pkt_retransmission
 *     app c 0 "GET /" start         to the app layer: from the client, at stream offset 0
 *     raw c 0 "GET /"               to raw inspection
 */
import type { Outcome, Piece, TestSegment } from "./driver.ts";

function payload(text: string): Buffer {
  const plain = text.slice(1, -1).replace(/\\(r|n|[0-9a-f]{2})/g, (_, c: string) => {
    if (c === "r") return "\r";
    return c === "n" ? "\n" : String.fromCharCode(Number.parseInt(c, 16));
  });
  return Buffer.from(plain, "latin1");
}

function quoted(data: Buffer): string {
  const text = data.toString("latin1").replace(/\r/g, "\\r").replace(/\n/g, "\\n");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: binary payloads
  return `"${text.replace(/[\x00-\x1f"\x7f-\xff]/g, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}

/** Reads one segment. */
export function parseSegment(line: string): TestSegment {
  const words = line.match(/"[^"]*"|\S+/g) ?? [];
  const [side, flags, numbers, ...rest] = words;
  if ((side !== "c" && side !== "s") || flags === undefined || numbers === undefined) {
    throw new Error(`not a segment: ${line}`);
  }
  const [seq, ack] = numbers.split("/").map(Number);
  const segment: TestSegment = { direction: side === "c" ? 0 : 1, flags, seq: seq ?? 0 };
  if (ack !== undefined) segment.ack = ack;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.startsWith('"')) segment.data = payload(word);
    else if (word === "sackok") segment.sackPermitted = true;
    else if (word === "tfo") segment.fastOpen = true;
    else if (word === "md5") segment.md5 = true;
    else if (word === "badsum") segment.badChecksum = true;
    else if (word === "pseudo") segment.pseudo = true;
    else {
      const value = rest.shift() ?? "";
      const pair = value.split(/[-/]/).map(Number) as [number, number];
      if (word === "win") segment.window = Number(value);
      else if (word === "ws") segment.windowScale = Number(value);
      else if (word === "urg") segment.urgent = Number(value);
      else if (word === "at") segment.time = Number(value);
      else if (word === "ts") segment.timestamps = pair;
      else if (word === "sack") segment.sack = [...(segment.sack ?? []), pair];
      else throw new Error(`unknown word ${word} in: ${line}`);
    }
  }
  return segment;
}

const FLAGS = ["start", "end", "gap", "depth", "midstream"];

function pieceLine(kind: string, piece: Piece): string {
  const names = FLAGS.filter((_, i) => (piece.flags & (1 << i)) !== 0);
  const content = names.includes("gap") ? String(piece.length) : quoted(piece.data);
  return [`  ${kind}`, piece.direction === 0 ? "c" : "s", piece.offset, content, ...names].join(" ");
}

/** Writes what became of segment `number` (1-based). */
export function traceOf(number: number, sent: TestSegment, outcome: Outcome): string[] {
  const head = [number, outcome.state, ...outcome.events];
  if (outcome.action !== 0) head.push(`drop:${outcome.reason}`);
  if (sent.urgent !== undefined && outcome.urgent !== sent.urgent) {
    head.push(`urgent:${outcome.urgent < 0 ? "-" : outcome.urgent}`);
  }
  if (sent.data && !outcome.payload.equals(Buffer.from(sent.data))) head.push(`rewritten:${quoted(outcome.payload)}`);
  const app = outcome.app.map((piece) => pieceLine("app", piece));
  return [head.join(" "), ...app, ...outcome.raw.map((piece) => pieceLine("raw", piece))];
}
