/** The HTTP/2 parser: conversations as frames, what rules see of them, and that no input breaks it. */
import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { AppEvent } from "../../assembly/abi/app_events.ts";
import { Buffer as Buffers, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { buildRoom } from "../core-room.ts";

const room = await buildRoom("test/app/http2.core.ts");
const core = room.exports as Record<string, (...args: number[]) => number>;
const memory = room.exports["memory"] as WebAssembly.Memory;
core["configureHeap"]!(16 << 20);
const input = memory.buffer.byteLength;
memory.grow(4);

const S = 0;
const C = 1;
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

function frame(type: number, flags: number, stream: number, content: Buffer | number[] = []): Buffer {
  const body = Buffer.from(content);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** Literal header fields, indexed incrementally (RFC 7541 section 6.2.1). */
function fields(list: Record<string, string>): Buffer {
  const text = (s: string) => Buffer.concat([Buffer.from([s.length]), Buffer.from(s)]);
  return Buffer.concat(Object.entries(list).map(([k, v]) => Buffer.concat([Buffer.from([0x40]), text(k), text(v)])));
}

const REQUEST = fields({
  ":method": "GET",
  ":path": "/a?b=C",
  ":authority": "user@Example.COM:8443",
  "user-agent": "x",
});

class Conversation {
  readonly state = core["http2Open"]!(6);
  private readonly held: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];

  /** Gives bytes to the parser, with what it left the last time before them. False when it fails. */
  feed(direction: number, ...parts: Buffer[]): boolean {
    const data = Buffer.concat([this.held[direction as 0 | 1], ...parts]);
    new Uint8Array(memory.buffer).set(data, input);
    const used = core["http2Parse"]!(this.state, direction, input, data.length, 0);
    if (used < 0) return false;
    this.held[direction as 0 | 1] = data.subarray(used);
    return true;
  }
  transactions(): number[] {
    const list: number[] = [];
    for (let at = core["oldest"]!(this.state); at !== 0; at = core["next"]!(at)) list.push(at);
    return list;
  }
  buffer(tx: number, direction: number, name: keyof typeof Buffers, index = 0): string | undefined {
    if (!core["http2Buffer"]!(this.state, this.transactions()[tx]!, Buffers[name], direction, index)) return undefined;
    const at = core["data"]!();
    return Buffer.from(memory.buffer.slice(at, at + core["length"]!())).toString("latin1");
  }
  numbers(tx: number, direction: number, field: keyof typeof Field): number[] {
    const list: number[] = [];
    while (core["http2Number"]!(this.state, this.transactions()[tx]!, Field[field], direction, list.length)) {
      list.push(core["found"]!());
    }
    return list;
  }
  events(tx: number): string[] {
    const at = this.transactions()[tx]!;
    return Array.from({ length: core["events"]!(at) }, (_, i) => AppEvent[core["event"]!(at, i)]!);
  }
  progress(tx: number): number {
    return core["progress"]!(this.transactions()[tx]!, S);
  }
  close(): void {
    core["http2Close"]!(this.state);
    assert.is(core["held"]!(), 0, "memory is given back");
  }
}

function talk(...steps: [number, Buffer[]][]): Conversation {
  const conversation = new Conversation();
  for (const [direction, parts] of steps) conversation.feed(direction, ...parts);
  return conversation;
}

const EXCHANGE: [number, Buffer[]][] = [
  [S, [PREFACE, frame(4, 0, 0, [0, 4, 0, 0, 255, 255]), frame(1, 5, 1, REQUEST)]],
  [C, [frame(4, 0, 0, [0, 3, 0, 0, 0, 100]), frame(8, 0, 0, [0, 0, 1, 0])]],
  [C, [frame(1, 4, 1, fields({ ":status": "200", "content-encoding": "gzip", server: "s" }))]],
  [C, [frame(0, 1, 1, gzipSync("hello body")), frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 2])]],
];

test("http keywords read pseudo headers", () => {
  const c = talk(...EXCHANGE);
  const rows: [number, keyof typeof Buffers, string][] = [
    [S, "http__method", "GET"],
    [S, "http__uri", "/a?b=C"],
    [S, "http__host", "example.com"],
    [S, "http__host__raw", "user@Example.COM:8443"],
    [S, "http__request_line", "GET /a?b=C HTTP/2\r\n"],
    [S, "http__header_names", "\r\n:method\r\n:path\r\n:authority\r\nuser-agent\r\n\r\n"],
    [S, "http__protocol", "HTTP/2"],
    [C, "http__stat_code", "200"],
    [C, "http__stat_msg", ""],
    [C, "http__response_line", "HTTP/2 200\r\n"],
    [C, "http__server", "s"],
    [C, "file_data", "hello body"],
  ];
  for (const [direction, name, expected] of rows) assert.is(c.buffer(1, direction, name), expected, name);
  assert.is(c.buffer(1, S, "http2__header_name", 3), "user-agent");
  assert.is(c.buffer(1, S, "http__request_header", 3), "user-agent: x");
  assert.is(c.progress(1), 7, "both sides ended the stream");
  assert.equal(c.events(1), ["http2__userinfo_in_uri"]);
  c.close();
});

test("frames of the connection are transactions of their own", () => {
  const c = talk(...EXCHANGE);
  assert.is(c.transactions().length, 5);
  assert.equal(c.numbers(0, S, "http2__frametype"), [4]);
  assert.equal(c.numbers(1, C, "http2__frametype"), [1, 0]);
  assert.equal(c.numbers(3, C, "http2__window"), [256]);
  assert.equal(c.numbers(4, C, "http2__errorcode"), [2]);
  c.close();
});

test("a header block goes on in CONTINUATION; the dynamic table is kept", () => {
  const half = REQUEST.subarray(0, 20);
  const c = talk([
    S,
    [PREFACE, frame(1, 1, 1, half), frame(9, 4, 1, REQUEST.subarray(20)), frame(1, 5, 3, [0xc1, 0xc0])],
  ]);
  assert.is(c.buffer(0, S, "http__uri"), "/a?b=C");
  assert.is(c.buffer(1, S, "http__method"), "GET", "the oldest of four");
  c.close();
});

test("what is wrong raises events", () => {
  const rows: [string, Buffer, string][] = [
    ["an index nobody filled", frame(1, 4, 3, [0xff, 0x20]), "http2__invalid_header"],
    ["a field cut short", frame(1, 4, 3, [0x40, 5, 0x61]), "http2__invalid_frame_data"],
    ["RST_STREAM of 3 bytes", frame(3, 0, 1, [0, 0, 0]), "http2__invalid_frame_length"],
    ["DATA that is not gzip", frame(0, 0, 1, Buffer.from("not gzip")), "http2__failed_decompression"],
  ];
  const zipped = fields({ ":method": "POST", "content-encoding": "gzip" });
  for (const [what, wrong, event] of rows) {
    const c = talk([S, [PREFACE, frame(1, 4, 1, zipped), wrong]]);
    assert.ok(
      c.transactions().some((_, i) => c.events(i).includes(event)),
      what,
    );
    c.close();
  }
});

test("DNS in a body or a path makes the conversation DoH2", () => {
  const query = Buffer.from("abcd01000001000000000000076578616d706c6503636f6d0000010001", "hex");
  const inPath = fields({
    ":path": `/dns-query?dns=${query.toString("base64url")}`,
    accept: "application/dns-message",
  });
  const c = talk([S, [PREFACE, frame(1, 5, 1, inPath)]]);
  assert.is(core["proto"]!(c.state), AppProto.Doh2);
  assert.is(c.buffer(0, S, "dns__query"), "example.com");
  c.close();
  const d = talk([
    S,
    [PREFACE, frame(1, 4, 1, fields({ "content-type": "application/dns-message" })), frame(0, 1, 1, query)],
  ]);
  assert.is(d.buffer(0, S, "dns__query"), "example.com");
  d.close();
});

test("any cut of the input tells the same", () => {
  const whole = talk(...EXCHANGE);
  const expected = [whole.buffer(1, S, "http__header"), whole.buffer(1, C, "file_data"), whole.transactions().length];
  whole.close();
  for (const [step, [, parts]] of EXCHANGE.entries()) {
    const bytes = Buffer.concat(parts);
    for (let at = 1; at < bytes.length; at++) {
      const c = new Conversation();
      for (const [i, [direction, all]] of EXCHANGE.entries()) {
        if (i === step) c.feed(direction, bytes.subarray(0, at));
        c.feed(direction, i === step ? bytes.subarray(at) : Buffer.concat(all));
      }
      const found = [c.buffer(1, S, "http__header"), c.buffer(1, C, "file_data"), c.transactions().length];
      assert.equal(found, expected, `step ${step} cut at ${at}`);
      c.close();
    }
  }
});

test("no byte changed breaks the parser", () => {
  let seed = 7;
  const random = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % n;
  };
  for (let round = 0; round < 3000; round++) {
    const c = new Conversation();
    for (const [direction, parts] of EXCHANGE) {
      const bytes = Buffer.concat(parts);
      for (let n = random(3); n > 0; n--)
        bytes[24 * (1 - direction) + random(bytes.length - 24 * (1 - direction))] = random(256);
      if (!c.feed(direction, bytes)) break;
    }
    assert.ok(core["held"]!() < 1 << 20, "memory stays bounded");
    c.transactions().forEach((_, i) => {
      for (const side of [S, C]) {
        c.buffer(i, side, "http__header");
        c.buffer(i, side, "file_data");
      }
    });
    c.close();
  }
});

test.run();
