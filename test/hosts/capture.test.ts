/** Captures: every format reads alike, damage is named and keeps what came before it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CapturedFrame } from "../../hosts/node/capture/frame.ts";
import { readCapture } from "../../hosts/node/capture/reader.ts";
import { CaptureWriter } from "../../hosts/node/capture/writer.ts";
import { ExitCode, formatError, VpatchError } from "../../hosts/node/errors.ts";

interface Read {
  link: number;
  time: string;
  original: number;
  data: string;
}

const folder = mkdtempSync(join(tmpdir(), "vpatch-capture-"));
const capture = suite("captures");
capture.after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function file(bytes: Uint8Array): string {
  const path = join(folder, `${count++}.cap`);
  writeFileSync(path, bytes);
  return path;
}

async function read(path: string): Promise<{ frames: Read[]; error: VpatchError | undefined }> {
  const frames: Read[] = [];
  try {
    for await (const some of readCapture(path)) {
      for (const { linkType, seconds, nanoseconds, originalLength, data } of some) {
        const time = `${seconds}.${String(nanoseconds).padStart(9, "0")}`;
        frames.push({ link: linkType, time, original: originalLength, data: Buffer.from(data).toString("latin1") });
      }
    }
  } catch (error) {
    if (!(error instanceof VpatchError)) throw error;
    return { frames, error };
  }
  return { frames, error: undefined };
}

/** Writes numbers of 1, 2, 4 or 8 bytes in a byte order: `["u32", 1]`; strings go as they are. */
type Part = ["u8" | "u16" | "u32" | "u64", ...number[]] | string;
function bytes(littleEndian: boolean, ...parts: Part[]): Buffer {
  const out: Buffer[] = [];
  for (const part of parts) {
    if (typeof part === "string") {
      out.push(Buffer.from(part, "latin1"));
      continue;
    }
    const [type, ...values] = part as [string, ...number[]];
    for (const value of values) {
      const piece = Buffer.alloc(Number(type.slice(1)) / 8);
      const view = new DataView(piece.buffer, piece.byteOffset, piece.length);
      if (type === "u8") view.setUint8(0, value);
      else if (type === "u16") view.setUint16(0, value, littleEndian);
      else if (type === "u32") view.setUint32(0, value, littleEndian);
      else view.setBigInt64(0, BigInt(value), littleEndian);
      out.push(piece);
    }
  }
  return Buffer.concat(out);
}

const pcapHeader = (le: boolean, magic: number, link = 1): Buffer =>
  bytes(le, ["u32", magic], ["u16", 2, 4], ["u32", 0, 0, 65535, link]);

for (const le of [true, false]) {
  const order = le ? "little" : "big";
  for (const [name, magic, fraction, extra] of [
    ["microseconds", 0xa1b2c3d4, 123456, 0],
    ["nanoseconds", 0xa1b23c4d, 123456000, 0],
    ["modified", 0xa1b2cd34, 123456, 8],
  ] as const) {
    capture(`pcap, ${order} endian, ${name}`, async () => {
      const record = bytes(le, ["u32", 1700000000, fraction, 3, 60], "x".repeat(extra), "abc");
      const { frames, error } = await read(file(Buffer.concat([pcapHeader(le, magic), record, record])));
      const frame = { link: 1, time: "1700000000.123456000", original: 60, data: "abc" };
      assert.equal(frames, [frame, frame]);
      assert.is(error, undefined);
    });
  }

  capture(`pcapng, ${order} endian: sections, clocks, link types and every packet block`, async () => {
    const block = (type: number, body: Buffer): Buffer => {
      const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
      const length = padded.length + 12;
      return Buffer.concat([bytes(le, ["u32", type, length]), padded, bytes(le, ["u32", length])]);
    };
    const section = block(0x0a0d0d0a, bytes(le, ["u32", 0x1a2b3c4d], ["u16", 1, 0], ["u64", -1]));
    const describe = (link: number, options: Buffer = Buffer.alloc(0)): Buffer =>
      block(1, Buffer.concat([bytes(le, ["u16", link, 0], ["u32", 4]), options]));
    const resolution = (value: number): Buffer => bytes(le, ["u16", 9, 1], ["u8", value, 0, 0, 0], ["u16", 0, 0]);
    const offset = bytes(le, ["u16", 14, 8], ["u64", 1000], ["u16", 0, 0]);
    const path = file(
      Buffer.concat([
        section,
        describe(1),
        describe(101, resolution(9)),
        describe(113, resolution(0x8a)),
        describe(1, offset),
        block(4, bytes(le, "a name resolution block")),
        block(6, bytes(le, ["u32", 0, 0, 1_500_000, 3, 60], "abc")),
        block(6, bytes(le, ["u32", 1, 0, 1_500_000_001, 2, 2], "de")),
        block(6, bytes(le, ["u32", 2, 0, 1024 + 512, 1, 1], "f")),
        block(2, bytes(le, ["u16", 3, 0], ["u32", 0, 2_000_000, 1, 1], "g")),
        block(3, bytes(le, ["u32", 60], "hijklm")),
        section,
        describe(276),
        block(6, bytes(le, ["u32", 0, 0, 7, 1, 1], "n")),
      ]),
    );
    const { frames, error } = await read(path);
    assert.is(error, undefined);
    assert.equal(
      frames.map(({ link, time, original, data }) => `${link} ${time} ${original} ${data}`),
      [
        "1 1.500000000 60 abc",
        "101 1.500000001 2 de",
        "113 1.500000000 1 f",
        "1 1002.000000000 1 g",
        "1 0.000000000 60 hijk",
        "276 0.000007000 1 n",
      ],
    );
  });
}

for (const extension of ["pcap", "pcapng"]) {
  const path = join(folder, `written.${extension}`);
  const frame = (index: number, linkType: number): CapturedFrame => ({
    linkType,
    seconds: 1700000000 + index,
    nanoseconds: 5000,
    originalLength: 4000,
    data: Buffer.alloc(1000 + index, index),
  });

  capture(`what the ${extension} writer writes reads back, also gzipped`, async () => {
    const writer = new CaptureWriter(path);
    for (let index = 0; index < 2000; index++) writer.write(frame(index, 1));
    writer.close();
    const plain = await read(path);
    const packed = await read(file(gzipSync(readFileSync(path))));
    assert.is(plain.frames.length, 2000);
    assert.equal(plain.frames[1999], {
      link: 1,
      time: "1700001999.000005000",
      original: 4000,
      data: Buffer.alloc(2999, 1999).toString("latin1"),
    });
    assert.equal(packed, plain);
  });

  capture(`mixed link types in ${extension}`, async () => {
    const writer = new CaptureWriter(join(folder, `mixed.${extension}`));
    writer.write(frame(1, 1));
    if (extension === "pcap") {
      assert.throws(() => writer.write(frame(2, 101)), /one link type: it has 1, a frame has 101/);
      return writer.close();
    }
    writer.write(frame(2, 101));
    writer.close();
    const { frames } = await read(writer.file);
    assert.equal(
      frames.map(({ link }) => link),
      [1, 101],
    );
  });

  capture(`a ${extension} cut at any byte gives the whole frames before the cut, then says where`, async () => {
    const writer = new CaptureWriter(join(folder, `short.${extension}`));
    for (let index = 0; index < 3; index++) writer.write({ ...frame(0, 1), data: Buffer.from("frame") });
    writer.close();
    const whole = readFileSync(writer.file);
    let before = 0;
    let boundaries = 0;
    for (let length = 0; length < whole.length; length++) {
      const { frames, error } = await read(file(whole.subarray(0, length)));
      assert.ok(frames.length >= before);
      before = frames.length;
      if (error) assert.match(formatError(error), /^error\[VPATCH_CAPTURE_TRUNCATED\] .*\.cap: byte \d+: the capture /);
      else boundaries++;
    }
    // The file header alone, and each frame but the last; pcapng may end after the interface too.
    assert.is(boundaries, extension === "pcap" ? 3 : 4);
  });
}

capture("a gzip file cut short gives what could be unpacked, then says so", async () => {
  const record = bytes(true, ["u32", 1, 0, 1000, 1000]);
  const records = Array.from({ length: 500 }, (_, index) => [
    record,
    Buffer.alloc(1000, Math.imul(index, 2654435761) >>> 24),
  ]);
  const packed = gzipSync(Buffer.concat([pcapHeader(true, 0xa1b2c3d4), ...records.flat()]));
  const { frames, error } = await read(file(packed.subarray(0, packed.length - 200)));
  assert.ok(frames.length > 100 && frames.length < 501, `${frames.length} frames`);
  assert.is(error?.code, "VPATCH_CAPTURE_TRUNCATED");
  assert.match(error?.message ?? "", /gzip/);
  assert.is(error?.exitCode, ExitCode.DamagedCapture);
});

for (const [name, content, expected] of [
  ["an empty file", "", /VPATCH_CAPTURE_TRUNCATED.*byte 0: the capture is empty/],
  ["a text file", "alert tcp any any", /VPATCH_CAPTURE_FORMAT.*not a capture: it starts with 0x616c6572/],
  [
    "a frame length beyond reason",
    Buffer.concat([pcapHeader(true, 0xa1b2c3d4), bytes(true, ["u32", 0, 0, 0x7fffffff, 0])]),
    /VPATCH_CAPTURE_CORRUPT.*byte 32: the record claims 2147483647 captured bytes/,
  ],
  [
    "a pcapng block length beyond reason",
    bytes(true, ["u32", 0x0a0d0d0a, 0xffffffff, 0x1a2b3c4d, 1]),
    /VPATCH_CAPTURE_CORRUPT.*byte 4: a block claims a total length of 4294967295 bytes/,
  ],
] as const) {
  capture(`${name} is refused`, async () => {
    const { frames, error } = await read(file(Buffer.from(content)));
    assert.is(frames.length, 0);
    assert.match(formatError(error), expected);
    assert.not.match(formatError(error), /\n\s+at /);
  });
}

capture("a file that is not there is named", async () => {
  const { error } = await read(join(folder, "none.pcap"));
  assert.match(formatError(error), /^error\[VPATCH_FILE\] .*none\.pcap: no such file or folder$/);
});

capture.run();
