/**
 * The HTTP/1 parser against the Markdown cases of this folder. A trace has a line a fact:
 *
 *     0 > http.uri = /index.html      buffer of transaction 0, to the server (<: to the client), [2]: an index
 *     0 > http.cookie absent
 *     0 progress = 5 5                to the server, to the client
 *     0 events = missing_host_header
 *     transactions = 2     change = Http2     failed = >
 */
import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Conversation, conversations, type Segment } from "./conversation.ts";
import { Http1 } from "./http1_driver.ts";

const folder = new URL("./http1/", import.meta.url);
const http = await Http1.create();

function show(text: string | undefined): string {
  if (text === undefined) return "absent";
  return `= ${[...text].map((c) => escaped(c)).join("")}`.trimEnd();
}

function escaped(c: string): string {
  const named = { "\r": "\\r", "\n": "\\n", "\t": "\\t", "\0": "\\0", "\\": "\\\\" }[c];
  if (named) return named;
  return c < " " || c > "~" ? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}` : c;
}

/** The fact a line of a trace asks for, as it is. */
function fact(line: string, failed: string): string {
  const buffer = /^(\d+) ([<>]) (\S+?)(?:\[(\d+)\])? (?:=|absent)/.exec(line);
  if (buffer) {
    const [, tx, side, keyword, index] = buffer;
    const direction = side === ">" ? 0 : 1;
    const at = http.transactions()[Number(tx)];
    const found = at === undefined ? undefined : http.buffer(at, direction, keyword!, Number(index ?? 0));
    return `${tx} ${side} ${keyword}${index ? `[${index}]` : ""} ${show(found)}`;
  }
  const about = /^(\d+) (progress|events)/.exec(line);
  if (about) {
    const tx = http.transactions()[Number(about[1])]!;
    const value = about[2] === "progress" ? http.progress(tx) : http.events(tx).join(" ");
    return `${about[1]} ${about[2]} = ${value}`.trimEnd();
  }
  if (line.startsWith("transactions")) return `transactions = ${http.transactions().length}`;
  if (line.startsWith("change")) return `change = ${http.changeTo()}`;
  if (line.startsWith("failed")) return `failed = ${failed}`.trimEnd();
  throw new Error(`what is "${line}"?`);
}

function run(conversation: Conversation, segments: Segment[]): string[] {
  http.open(conversation.settings);
  let failed = "";
  for (const segment of segments) {
    if (http.feed(segment) < 0) failed += segment.direction === 0 ? ">" : "<";
  }
  const facts = conversation.expected.map((line) => fact(line, failed));
  http.close();
  assert.is(http.held(), 0, "memory is given back");
  return facts;
}

const all: Conversation[] = [];
for (const file of readdirSync(folder).sort()) {
  for (const conversation of conversations(readFileSync(new URL(file, folder), "utf8"))) {
    all.push(conversation);
    test(`${file}: ${conversation.title}`, () => {
      assert.equal(run(conversation, conversation.segments), conversation.expected);
    });
  }
}

function pieces(segment: Segment, size: number): Segment[] {
  const out: Segment[] = [];
  for (let at = 0; at < segment.data.length; at += size) {
    out.push({ direction: segment.direction, data: segment.data.subarray(at, at + size) });
  }
  return out;
}

test("cut at every byte: no trap, all memory given back", () => {
  for (const conversation of all) {
    for (const [index, segment] of conversation.segments.entries()) {
      const step = Math.max(1, Math.floor(segment.data.length / 200));
      for (let cut = 0; cut < segment.data.length; cut += step) {
        http.open(conversation.settings);
        for (const before of conversation.segments.slice(0, index)) http.feed(before);
        http.feed({ ...segment, data: segment.data.subarray(0, cut) });
        http.feed({ direction: 0, data: Buffer.alloc(0), eof: true });
        http.feed({ direction: 1, data: Buffer.alloc(0), eof: true });
        http.close();
      }
    }
  }
  assert.is(http.held(), 0);
});

test("one byte a segment", () => {
  for (const conversation of all) {
    if (conversation.segments.some((segment) => segment.data.length > 20_000)) continue;
    http.open(conversation.settings);
    for (const segment of conversation.segments) {
      if (segment.gap || segment.eof) http.feed(segment);
      else for (const piece of pieces(segment, 1)) http.feed(piece);
    }
    for (const tx of http.transactions()) {
      for (const buffer of ["http.header", "http.start", "file_data", "http.request_body", "http.header_names"]) {
        http.buffer(tx, 0, buffer);
        http.buffer(tx, 1, buffer);
      }
    }
    http.close();
  }
  assert.is(http.held(), 0);
});

test("mutated conversations: no trap, no hang, all memory given back", () => {
  let seed = 12345;
  const next = () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return seed >>> 0;
  };
  const special = Buffer.from('\r\n\0 \t:;,/%{}0fF\xff-="');
  for (let round = 0; round < 20000; round++) {
    const conversation = all[next() % all.length]!;
    http.open(conversation.settings);
    for (const segment of conversation.segments) {
      const data = Buffer.from(segment.data);
      for (let i = next() % 6; i > 0 && data.length > 0; i--) {
        data[next() % data.length] = next() & 1 ? special[next() % special.length]! : next() & 255;
      }
      if (segment.gap || segment.eof || data.length === 0) http.feed(segment);
      else for (const piece of pieces({ ...segment, data }, 1 + (next() % data.length))) http.feed(piece);
      for (const tx of http.transactions())
        http.buffer(tx, next() & 1 ? 0 : 1, next() & 1 ? "file_data" : "http.header");
    }
    http.close();
  }
  assert.is(http.held(), 0);
});

test.run();
