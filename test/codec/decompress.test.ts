/**
 * The decoders against zlib (Node) and lzma (Python): whole, byte by byte, cut at every byte, and mutated.
 * The reference for tolerance is libhtp's decompressor (Suricata 8).
 */
import { execFileSync } from "node:child_process";
import { deflateRawSync, deflateSync, gzipSync, inflateRawSync, constants as z, crc32 as zcrc } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openRoom } from "./room.ts";

const room = await openRoom("test/codec/codec.core.ts");
const Status = ["needInput", "needOutput", "end", "error"] as const;

/** A small repeatable generator: the tests are the same every time. */
function random(seed: number): () => number {
  let s = seed >>> 0 || 1;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    s >>>= 0;
    return s;
  };
}

function text(length: number, seed: number): Buffer {
  const next = random(seed);
  const words = ["GET", "/index.html", "HTTP/1.1", "\r\n", "Host: ", "example", "EICAR", "0123456789", "aaaaaaaaaaaa"];
  let out = "";
  while (out.length < length)
    out += next() % 7 === 0 ? String.fromCharCode(next() & 255) : words[next() % words.length];
  return Buffer.from(out.slice(0, length), "latin1");
}

const input = room.alloc(1 << 20);
const output = room.alloc(1 << 16);
const inflater = room.alloc(room.call["inflateSize"]!());
const lzma = room.alloc(room.call["lzmaSize"]!());
const WINDOW = 1 << 20;
const lzmaWindow = room.alloc(WINDOW);
const decompressor = room.alloc(room.call["decompressorSize"]!(3));

interface Stepper {
  step(at: number, length: number, out: number, space: number): number;
  consumed(): number;
  produced(): number;
}

function inflateStepper(framing: "raw" | "zlib"): Stepper {
  room.call["inflateBegin"]!(inflater, framing === "zlib" ? 1 : 0);
  return {
    step: (at, length, out, space) => room.call["inflateStep"]!(inflater, at, length, out, space),
    consumed: () => room.call["inflateConsumed"]!(inflater),
    produced: () => room.call["inflateProduced"]!(inflater),
  };
}

function lzmaStepper(window = WINDOW): Stepper {
  room.call["lzmaBegin"]!(lzma, lzmaWindow, window);
  return {
    step: (at, length, out, space) => room.call["lzmaStep"]!(lzma, at, length, out, space),
    consumed: () => room.call["lzmaConsumed"]!(lzma),
    produced: () => room.call["lzmaProduced"]!(lzma),
  };
}

/** Runs a decoder over `data` in pieces of `piece` bytes with `space` bytes of room a step. */
function run(stepper: Stepper, data: Buffer, piece = data.length, space = 65536, limit = 1 << 22) {
  room.write(input, data);
  const chunks: Buffer[] = [];
  let at = 0;
  let total = 0;
  let status = 0;
  let idle = 0;
  while (total < limit && (at < data.length || status === 1)) {
    status = stepper.step(input + at, Math.min(piece, data.length - at), output, space);
    at += stepper.consumed();
    total += stepper.produced();
    chunks.push(room.read(output, stepper.produced()));
    if (status >= 2) break;
    idle = stepper.consumed() === 0 && stepper.produced() === 0 ? idle + 1 : 0;
    assert.ok(idle < 3, "a step neither takes nor gives anything");
  }
  return { out: Buffer.concat(chunks), status: Status[status]!, used: at };
}

const samples: [string, Buffer][] = [
  ["empty", Buffer.alloc(0)],
  ["one byte", Buffer.from("x")],
  ["text", text(5000, 7)],
  ["a run", Buffer.alloc(100_000, "ab")],
  ["beyond the window", text(120_000, 3)],
  ["noise", Buffer.from(Array.from({ length: 9000 }, random(99)))],
];

for (const [name, plain] of samples) {
  for (const level of [0, 1, 9]) {
    for (const strategy of [z.Z_DEFAULT_STRATEGY, z.Z_FIXED, z.Z_HUFFMAN_ONLY, z.Z_RLE]) {
      test(`inflate: ${name}, level ${level}, strategy ${strategy}`, () => {
        const packed = deflateRawSync(plain, { level, strategy });
        const { out, status, used } = run(inflateStepper("raw"), Buffer.concat([packed, Buffer.from("rest of it")]));
        assert.is(status, "end");
        assert.ok(out.equals(plain));
        assert.ok(used >= packed.length && used <= packed.length + 7, "at most seven bytes of look-ahead");
        const zlib = run(inflateStepper("zlib"), deflateSync(plain, { level, strategy }), 777, 555);
        assert.is(zlib.status, "end");
        assert.ok(zlib.out.equals(plain));
      });
    }
  }
  test(`inflate: ${name}, byte by byte`, () => {
    const { out, status } = run(inflateStepper("zlib"), deflateSync(plain), 1, 3);
    assert.is(status, "end");
    assert.ok(out.equals(plain));
  });
}

test("inflate: cut at every byte it waits, with a prefix of the output", () => {
  const plain = text(3000, 5);
  const packed = deflateSync(plain);
  for (let cut = 0; cut < packed.length; cut++) {
    const { out, status } = run(inflateStepper("zlib"), packed.subarray(0, cut));
    assert.is(status, "needInput", `at ${cut}`);
    assert.ok(out.equals(plain.subarray(0, out.length)));
  }
});

test("inflate: mutated input gives zlib's answer", () => {
  const next = random(2024);
  const packed = deflateRawSync(text(2000, 9));
  for (let round = 0; round < 1500; round++) {
    const broken = Buffer.from(packed);
    for (let i = next() % 3; i >= 0; i--) broken[next() % broken.length] = next() & 255;
    let expected: Buffer | undefined;
    try {
      expected = inflateRawSync(broken);
    } catch {
      expected = undefined;
    }
    const got = run(inflateStepper("raw"), broken, 1 + (next() % 600), 1 + (next() % 40000));
    if (expected) {
      assert.is(got.status, "end");
      assert.ok(got.out.equals(expected));
    } else assert.is.not(got.status, "end");
  }
});

test("zlib framing: header, dictionary and Adler-32 are checked", () => {
  const packed = deflateSync(Buffer.from("checked"));
  const changed = (at: number, xor: number) => {
    const copy = Buffer.from(packed);
    copy[at]! ^= xor;
    return run(inflateStepper("zlib"), copy);
  };
  assert.is(changed(0, 1).status, "error");
  assert.is(changed(1, 0x20).status, "error");
  const sum = changed(packed.length - 1, 1);
  assert.is(sum.status, "error");
  assert.is(sum.out.toString(), "checked");
});

test("checksums continue", () => {
  const data = text(20_000, 4);
  room.write(input, data);
  let crc = 0;
  let adler = 1;
  for (let at = 0; at < data.length; at += 999) {
    const length = Math.min(999, data.length - at);
    crc = room.call["crc32"]!(crc, input + at, length);
    adler = room.call["adler32"]!(adler, input + at, length);
  }
  assert.is(crc >>> 0, zcrc ? zcrc(data) : gzipSync(data).readUInt32LE(gzipSync(data).length - 8));
  assert.is(adler >>> 0, deflateSync(data).readUInt32BE(deflateSync(data).length - 4));
});

/** LZMA alone by Python's lzma; options as JSON of a filter. */
function python(plain: Buffer, filter: object): Buffer {
  const script =
    "import lzma,sys,json;f=dict(json.loads(sys.argv[1]),id=lzma.FILTER_LZMA1);" +
    "sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read(),format=lzma.FORMAT_ALONE,filters=[f]))";
  return execFileSync("python3", ["-c", script, JSON.stringify(filter)], { input: plain, maxBuffer: 1 << 24 });
}

function hasPython(): boolean {
  try {
    execFileSync("python3", ["-c", "import lzma"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

if (hasPython()) {
  for (const [name, plain] of samples) {
    for (const filter of [
      { preset: 6, dict_size: 65536 },
      { preset: 0, lc: 0, lp: 2, pb: 0 },
      { preset: 9, lc: 4 },
    ]) {
      test(`lzma: ${name}, ${JSON.stringify(filter)}`, () => {
        const packed = python(plain, filter);
        for (const [piece, space] of [
          [packed.length, 65536],
          [1, 65536],
          [1, 1],
          [37, 100],
        ] as const) {
          const { out, status } = run(lzmaStepper(), packed, piece, space);
          assert.is(status, "end", `${piece}/${space}`);
          assert.ok(out.equals(plain), `${piece}/${space}`);
        }
      });
    }
  }
  test("lzma: a size in the header ends the stream without a marker", () => {
    const plain = text(3000, 21);
    const packed = python(plain, { preset: 6 });
    packed.writeBigUInt64LE(1000n, 5);
    const { out, status } = run(lzmaStepper(), packed, 5);
    assert.is(status, "end");
    assert.ok(out.equals(plain.subarray(0, 1000)));
  });
  test("lzma: output beyond the memory limit is refused when the dictionary is larger than it", () => {
    const plain = text(40_000, 8);
    const big = run(lzmaStepper(8192), python(plain, { preset: 6, dict_size: 1 << 20 }));
    assert.is(big.status, "error");
    assert.ok(big.out.equals(plain.subarray(0, 8192)));
    const small = run(lzmaStepper(8192), python(plain, { preset: 6, dict_size: 8192 }));
    assert.is(small.status, "end");
    assert.ok(small.out.equals(plain));
  });
  test("lzma: cut at every byte and mutated", () => {
    const next = random(5);
    const plain = text(1500, 13);
    const packed = python(plain, { preset: 6, dict_size: 4096 });
    for (let cut = 0; cut < packed.length - 5; cut++) {
      const { out, status } = run(lzmaStepper(), packed.subarray(0, cut));
      assert.is(status, "needInput");
      assert.ok(out.equals(plain.subarray(0, out.length)));
    }
    for (let round = 0; round < 1000; round++) {
      const broken = Buffer.from(packed);
      for (let i = next() % 4; i >= 0; i--) broken[next() % broken.length] = next() & 255;
      const whole = run(lzmaStepper(), broken, broken.length, 65536, 1 << 17);
      const pieces = run(lzmaStepper(), broken, 1 + (next() % 50), 1 + (next() % 50), 1 << 17);
      const same = Math.min(whole.out.length, pieces.out.length);
      assert.ok(whole.out.subarray(0, same).equals(pieces.out.subarray(0, same)));
    }
  });
}

const Coding = { gzip: 1, deflate: 2, zlib: 3, lzma: 4 } as const;
type Coding = keyof typeof Coding;

/** Decodes `feeds` with codings in the order of the Content-Encoding header. */
function decode(codings: Coding[], feeds: Buffer[], lzmaSize = 0): Buffer {
  room.call["decompressorBegin"]!(decompressor, 3, lzmaWindow, lzmaSize);
  for (const coding of codings) assert.ok(room.call["decompressorPrepend"]!(decompressor, Coding[coding]));
  const chunks: Buffer[] = [];
  let total = 0;
  for (const feed of feeds) {
    room.write(input, feed);
    room.call["decompressorFeed"]!(decompressor, input, feed.length);
    while (room.call["decompressorNext"]!(decompressor)) {
      const length = room.call["chunkLength"]!(decompressor);
      total += length;
      if (total > 1 << 21) {
        room.call["decompressorFail"]!(decompressor);
        break;
      }
      chunks.push(room.read(room.call["chunkAt"]!(decompressor), length));
    }
  }
  return Buffer.concat(chunks);
}

function split(data: Buffer, piece: number): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at < data.length; at += piece) out.push(data.subarray(at, at + piece));
  return out;
}

/** A gzip member with the given header fields. */
function member(flags: number, fields: Buffer, plain: Buffer, trailer = Buffer.alloc(8)): Buffer {
  return Buffer.concat([Buffer.from([31, 139, 8, flags, 0, 0, 0, 0, 0, 3]), fields, deflateRawSync(plain), trailer]);
}

const eicar = Buffer.from("X5O!P%@AP[4 and so on: a body");
const table: [string, Coding[], Buffer, Buffer][] = [
  ["gzip", ["gzip"], gzipSync(eicar), eicar],
  ["gzip with every header field", ["gzip"], member(0x1e, Buffer.from("\x03\x00abcname\0comment\0xx"), eicar), eicar],
  ["gzip with reserved flags", ["gzip"], member(0xe0, Buffer.alloc(0), eicar), eicar],
  ["gzip with a wrong trailer", ["gzip"], member(0, Buffer.alloc(0), eicar, Buffer.from("wrong")), eicar],
  ["gzip: only the first member counts", ["gzip"], Buffer.concat([gzipSync(eicar), gzipSync(eicar)]), eicar],
  ["gzip sent as deflate", ["deflate"], gzipSync(eicar), eicar],
  ["raw deflate", ["deflate"], deflateRawSync(eicar), eicar],
  ["zlib sent as deflate", ["deflate"], deflateSync(eicar), eicar],
  ["zlib sent as gzip", ["gzip"], deflateSync(eicar), eicar],
  ["raw deflate sent as gzip", ["gzip"], deflateRawSync(eicar), eicar],
  ["plain text sent as gzip", ["gzip"], eicar, eicar],
  ["two layers", ["deflate", "gzip"], gzipSync(deflateRawSync(eicar)), eicar],
  ["three layers", ["gzip", "deflate", "gzip"], gzipSync(deflateSync(gzipSync(eicar))), eicar],
  ["lzma switched off is passed through", ["lzma"], eicar, eicar],
];
for (const [name, codings, sent, expected] of table) {
  test(`decompress: ${name}`, () => {
    assert.is(decode(codings, [sent]).toString("latin1"), expected.toString("latin1"));
  });
}

test("decompress: gzip headers split at every byte", () => {
  const sent = member(0x1e, Buffer.from("\x03\x00abcname\0comment\0xx"), eicar);
  for (let piece = 1; piece < 40; piece++) assert.ok(decode(["gzip"], split(sent, piece)).equals(eicar));
});

test("decompress: large bodies through two layers", () => {
  const plain = text(300_000, 77);
  const sent = gzipSync(deflateRawSync(plain));
  for (const piece of [1, 1460, sent.length]) assert.ok(decode(["deflate", "gzip"], split(sent, piece)).equals(plain));
});

test("decompress: corrupt in the middle keeps what came before and drops the rest", () => {
  const sent = gzipSync(text(30_000, 6));
  const broken = Buffer.concat([sent.subarray(0, 2000), Buffer.alloc(1000, 0xff), sent.subarray(3000)]);
  const out = decode(["gzip"], split(broken, 1460));
  assert.ok(out.length > 1000 && out.length < 30_000);
});

test("decompress: mutated chains never trap and stay bounded", () => {
  const next = random(31);
  const sent = gzipSync(deflateSync(gzipSync(text(4000, 17))));
  const codings: Coding[][] = [["gzip", "deflate", "gzip"], ["lzma"], ["deflate", "gzip"], ["gzip", "lzma"]];
  for (let round = 0; round < 1000; round++) {
    const broken = Buffer.from(sent);
    for (let i = next() % 4; i >= 0; i--) broken[next() % broken.length] = next() & 255;
    const feeds = split(broken, 1 + (next() % broken.length));
    assert.ok(decode(codings[round % codings.length]!, feeds, round & 1 ? WINDOW : 0).length <= 1 << 21);
  }
});

test.run();
