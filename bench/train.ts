/**
 * Counts pairs of bytes in captures and writes `compiler/prefilter/tables.ts`: `npx tsx bench/train.ts FOLDER`.
 * Every other capture of the folder is left to the benchmark, so that no text is scanned that was trained on. Counts leave here only as
 * rounded logarithms.
 */
import { writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { FOLDED, pack, type TextKind } from "../compiler/prefilter/statistics.ts";
import { httpParts, payloadsOf, trainingCaptures } from "./payloads.ts";

/** A capture counts with no more than this, lest one large download be all. */
const BYTES_A_CAPTURE = 400_000;

async function count(folder: string): Promise<Record<TextKind, Float64Array>> {
  const table = () => new Float64Array(65536);
  const counts = { payload: table(), uri: table(), header: table(), host: table(), body: table() };
  const add = (kind: TextKind, text: Uint8Array) => {
    for (let i = 1; i < text.length; i++) counts[kind][FOLDED[text[i - 1]!]! | (FOLDED[text[i]!]! << 8)]!++;
  };
  for (const file of trainingCaptures(folder)) {
    for (const { tcp, sourcePort, targetPort, data } of await payloadsOf(file, BYTES_A_CAPTURE)) {
      add("payload", data);
      const http = tcp ? httpParts(data) : undefined;
      if (http?.uri) add("uri", http.uri);
      if (http?.host) add("host", http.host);
      if (http) {
        add("header", http.header);
        add("body", http.body);
      }
      if (!tcp && (sourcePort === 53 || targetPort === 53)) add("host", questionName(data));
    }
  }
  return counts;
}

/** The name a DNS message asks for, dotted. */
function questionName(message: Uint8Array): Uint8Array {
  const labels: string[] = [];
  for (let at = 12; at < message.length; ) {
    const length = message[at]!;
    if (length === 0 || length > 63) break;
    labels.push(Buffer.from(message.subarray(at + 1, at + 1 + length)).toString("latin1"));
    at += 1 + length;
  }
  return Buffer.from(labels.join("."), "latin1");
}

const folder = process.argv[2];
if (!folder) throw new Error("give the folder of captures to train on");
const counts = await count(folder);
const lines = Object.entries(counts).map(([kind, pairs]) => {
  const text = deflateRawSync(pack(pairs), { level: 9 }).toString("base64");
  return `  ${kind}:\n    "${text}",\n`;
});
const head = `/** Logarithms of pair counts of bytes in traffic, packed; written by bench/train.ts, read by statistics.ts. */
export const TABLES = {
${lines.join("")}} as const;
`;
writeFileSync(new URL("../compiler/prefilter/tables.ts", import.meta.url), head);
for (const [kind, pairs] of Object.entries(counts))
  console.log(
    kind,
    pairs.reduce((sum, n) => sum + n, 0),
    "pairs",
  );
