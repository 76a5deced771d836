/**
 * Protocols against the Markdown cases of `conversations/` (one file a protocol, notation in conversation.ts). A trace has a line a fact:
 *
 *     0 > ftp.command = USER          buffer of transaction 0, to the server (<: to the client), [2]: an index
 *     0 < ftp.dynamic_port # 4000     a number
 *     0 > ftp.command absent
 *     0 progress = 2 2                to the server, to the client
 *     0 events = invalid_banner
 *     transactions = 2     change = Tls     failed = >     flags = 4
 */
import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Conversation, conversations, type Segment } from "./conversation.ts";
import { Conversations } from "./registry_driver.ts";

const folder = new URL("./conversations/", import.meta.url);
const room = await Conversations.create();

function escaped(c: string): string {
  const named = { "\r": "\\r", "\n": "\\n", "\t": "\\t", "\0": "\\0", "\\": "\\\\" }[c];
  if (named) return named;
  return c < " " || c > "~" ? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}` : c;
}

function show(text: string | undefined): string {
  return text === undefined ? "absent" : `= ${[...text].map(escaped).join("")}`.trimEnd();
}

/** The fact a line of a trace asks for, as it is. */
function fact(line: string): string {
  const value = /^(\d+) ([<>]) (\S+?)(?:\[(\d+)\])? (=|#|absent)/.exec(line);
  if (value) {
    const [, tx, side, keyword, index, kind] = value;
    const direction = side === ">" ? 0 : 1;
    const at = room.transactions()[Number(tx)];
    const name = `${tx} ${side} ${keyword}${index ? `[${index}]` : ""}`;
    if (at === undefined) return `${name} without a transaction`;
    if (kind === "#") return `${name} # ${room.number(at, direction, keyword!, Number(index ?? 0))}`;
    return `${name} ${show(room.buffer(at, direction, keyword!, Number(index ?? 0)))}`;
  }
  const about = /^(\d+) (progress|events)/.exec(line);
  if (about) {
    const tx = room.transactions()[Number(about[1])]!;
    const text = about[2] === "progress" ? room.progress(tx) : room.events(tx).join(" ");
    return `${about[1]} ${about[2]} = ${text}`.trimEnd();
  }
  if (line.startsWith("transactions")) return `transactions = ${room.transactions().length}`;
  if (line.startsWith("change")) return `change = ${room.changeTo()}`;
  if (line.startsWith("failed")) return `failed = ${room.failed}`.trimEnd();
  if (line.startsWith("flags")) return `flags = ${room.flags}`;
  throw new Error(`what is "${line}"?`);
}

interface Case extends Conversation {
  proto: string;
}

const cases: Case[] = readdirSync(folder)
  .sort()
  .flatMap((file) => {
    const proto = file.replace(/\.md$/, "").replace(/^./, (c) => c.toUpperCase());
    return conversations(readFileSync(new URL(file, folder), "utf8")).map((found) => ({ ...found, proto }));
  });

for (const one of cases) {
  test(`${one.proto}: ${one.title}`, () => {
    room.open(one.proto, one.settings);
    for (const segment of one.segments) room.feed(segment);
    const facts = one.expected.map(fact);
    room.close();
    assert.equal(facts, one.expected);
    assert.is(room.held(), 0, "memory is given back");
  });
}

/** Feeds segments, looks at everything, ends both sides. */
function exercise(one: Case, segments: readonly Segment[]): void {
  room.open(one.proto, one.settings);
  for (const segment of segments) room.feed(segment);
  room.readAll();
  room.feed({ direction: 0, data: Buffer.alloc(0), eof: true });
  room.feed({ direction: 1, data: Buffer.alloc(0), eof: true });
  room.readAll();
  room.close();
}

test("cut at every byte: no trap, all memory given back", () => {
  for (const one of cases) {
    for (const [index, segment] of one.segments.entries()) {
      const step = Math.max(1, Math.floor(segment.data.length / 100));
      for (let cut = 0; cut < segment.data.length; cut += step) {
        exercise(one, [...one.segments.slice(0, index), { ...segment, data: segment.data.subarray(0, cut) }]);
      }
    }
  }
  assert.is(room.held(), 0);
});

test("byte by byte: the same facts", () => {
  for (const one of cases) {
    if (one.segments.some((segment) => segment.data.length > 3000)) continue;
    room.open(one.proto, one.settings);
    for (const segment of one.segments) {
      if (segment.gap || segment.eof) room.feed(segment);
      else {
        for (const byte of segment.data) room.feed({ direction: segment.direction, data: Buffer.from([byte]) });
      }
    }
    const facts = one.expected.map(fact);
    room.close();
    assert.equal(facts, one.expected, `${one.proto}: ${one.title}`);
  }
});

test("mutated bytes: no trap, all memory given back", () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (const one of cases) {
    for (let round = 0; round < 60; round++) {
      const segments = one.segments.map((segment) => {
        const data = Buffer.from(segment.data);
        for (let n = random(4); n > 0 && data.length > 0; n--) data[random(data.length)] = random(256);
        return { ...segment, data };
      });
      exercise(one, segments);
    }
  }
  assert.is(room.held(), 0);
});

test("an announced data connection becomes a file", () => {
  room.open("Ftp");
  for (const [direction, line] of [
    [0, "PASV\r\n"],
    [1, "227 Entering Passive Mode (10,0,0,1,15,160)\r\n"],
    [0, "RETR notes.txt\r\n"],
  ] as const) {
    room.feed({ direction, data: Buffer.from(line) });
  }
  assert.ok(room.adopt());
  room.feed({ direction: 1, data: Buffer.from("first ") });
  room.feed({ direction: 1, data: Buffer.from("second"), eof: true });
  const [tx] = room.transactions();
  assert.is(room.buffer(tx!, 1, "file_data"), "first second");
  assert.is(room.buffer(tx!, 1, "file_name"), "notes.txt");
  assert.is(room.buffer(tx!, 1, "ftpdata_command"), "retr");
  assert.is(room.progress(tx!), "1 1");
  room.close();
  assert.is(room.held(), 0);
});

test.run();
