/** The engine: frames in, verdicts and events out; what it refuses. Rules are another test's matter. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Verdict } from "../../assembly/abi/codes.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { DATABASE_MAGIC, DATABASE_VERSION, DatabaseHeader } from "../../assembly/abi/database.ts";
import { Setting } from "../../assembly/abi/settings.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { type ConversationFrame, conversationFrames } from "../../corpus/frames.ts";
import { makeConfiguration, type RawConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { writeSettings } from "../../hosts/node/engine/settings.ts";
import { formatError, VpatchError } from "../../hosts/node/errors.ts";
import { formatEvent } from "../../hosts/node/eve/format.ts";
import { Replay } from "../../hosts/node/replay/replay.ts";

const engine = suite("engine");

/** Two interleaved conversations, one of them cut into many segments. */
function traffic(): ConversationFrame[] {
  const web = conversationFrames(
    parseConversation("tcp 192.0.2.1:40000 > 198.51.100.1:80 mss=9", [
      "> GET /a HTTP/1.1",
      "> Host: a.example",
      ">",
      "< HTTP/1.1 200 OK",
      "< Content-Length: *",
      "<",
      "< ok\\",
    ]),
  );
  const names = conversationFrames(
    parseConversation("udp [2001:db8::1]:40001 > [2001:db8::53]:53", [
      ">: 1a2b 0100 0001 0000 0000 0000 01 61 00 0001 0001",
      "<: 1a2b 8180 0001 0000 0000 0000 01 61 00 0001 0001",
    ]),
  );
  return web.flatMap((frame, index) => (names[index] ? [frame, names[index]!] : [frame]));
}

function run(
  frames: readonly ConversationFrame[],
  batch: number,
): { verdicts: number[]; events: string[]; counters: BigUint64Array } {
  const events: string[] = [];
  const verdicts: number[] = [];
  const core: Engine = new Engine({ mode: "prevent", onEvent: (event) => events.push(formatEvent(event, core.eve)) });
  const replay = new Replay(core, { batch, onVerdict: (verdict) => verdicts.push(verdict) });
  for (const frame of frames) replay.frame(frame);
  replay.finish();
  return { verdicts, events, counters: core.counters() };
}

engine("a batch of any size gives the same verdicts, events and counters", () => {
  const frames = traffic();
  const whole = run(frames, 256);
  assert.is(whole.verdicts.length, frames.length);
  assert.ok(whole.verdicts.every((verdict) => verdict === Verdict.Pass));
  assert.is(whole.counters[Counter.decoder__pkts], BigInt(frames.length));
  const flows = whole.events.map((line) => JSON.parse(line)).filter(({ event_type }) => event_type === "flow");
  assert.equal(flows.map(({ proto, flow }) => `${proto} ${flow.pkts_toserver + flow.pkts_toclient}`).sort(), [
    `TCP ${frames.length - 2}`,
    "UDP 2",
  ]);
  for (const batch of [1, 7]) assert.equal(run(frames, batch), whole, `batches of ${batch}`);
});

engine("write says when the batch is full; a frame that no batch could hold is refused", async () => {
  const config = await makeConfiguration({ vpatch: { capacity: { frames: 2, "frame-bytes": "4kb" } } });
  const core = new Engine({ config });
  const frame = (length: number) => ({ data: new Uint8Array(length), linkType: 1, timestamp: 1 });
  assert.equal([core.write(frame(60)), core.write(frame(60)), core.write(frame(60))], [true, true, false]);
  assert.is(core.inspect().length, 2);
  assert.equal([core.write(frame(3900)), core.write(frame(200))], [true, false]);
  assert.throws(() => core.write(frame(4096)), RangeError);
});

for (const [name, database, expected] of [
  ["empty", [], /the database is empty/],
  ["not one", [1, 2, 3, 4], /not a rule database/],
  ["of another version", [DATABASE_MAGIC, DATABASE_VERSION + 1], /the database has version \d+, \d+ is needed/],
  ["cut off", [DATABASE_MAGIC, DATABASE_VERSION, 4096], /the database says it has 4096 bytes, the file has 64/],
  ["damaged", [DATABASE_MAGIC, DATABASE_VERSION, 64, 0, 1, 1], /the database is damaged/],
] as const) {
  engine(`a database that is ${name} is refused with its file`, () => {
    const bytes = Buffer.alloc(database.length === 0 ? 0 : DatabaseHeader.size);
    for (const [index, word] of database.entries()) bytes.writeUInt32LE(word, index * 4);
    try {
      new Engine().load(bytes, "some.vpdb");
      assert.unreachable();
    } catch (error) {
      assert.match(formatError(error), expected);
      assert.match(formatError(error), /^error\[VPATCH_DATABASE\] some.vpdb: /);
    }
  });
}

engine("a database beyond its room is refused", async () => {
  const config = await makeConfiguration({ vpatch: { capacity: { "database-bytes": "1kb" } } });
  assert.throws(() => new Engine({ config }).load(new Uint8Array(1025)), /there is room for 1024/);
});

/** Exception policies by mode, as the Suricata manual's table has them. */
for (const [mode, raw, expected] of [
  ["detect", {}, { StreamMemcapPolicy: 0, MidstreamPolicy: 0, FlowMemcapPolicy: 0 }],
  [
    "prevent",
    {},
    { StreamMemcapPolicy: 5, MidstreamPolicy: 5, FlowMemcapPolicy: 4, DefragMemcapPolicy: 4, AppLayerErrorPolicy: 5 },
  ],
  ["prevent", { stream: { midstream: true } }, { MidstreamPolicy: 0, StreamMemcapPolicy: 5 }],
  ["detect", { "exception-policy": "drop-flow" }, { StreamMemcapPolicy: 0 }],
  ["prevent", { "exception-policy": "bypass" }, { StreamMemcapPolicy: 3, FlowMemcapPolicy: 0 }],
  [
    "prevent",
    { "exception-policy": "pass-flow", defrag: { "memcap-policy": "drop-packet" } },
    { FlowMemcapPolicy: 1, DefragMemcapPolicy: 4 },
  ],
] as ["detect" | "prevent", RawConfiguration, Partial<Record<keyof typeof Setting, number>>][]) {
  engine(`exception policies in ${mode} with ${JSON.stringify(raw)}`, async () => {
    const table = new Uint32Array(Setting.COUNT);
    writeSettings(await makeConfiguration(raw), mode, table);
    const written = Object.fromEntries(
      Object.keys(expected).map((name) => [name, table[Setting[name as keyof typeof Setting] as number]]),
    );
    assert.equal(written, expected);
  });
}

engine("a midstream policy without meaning is refused", async () => {
  const config = await makeConfiguration({ stream: { midstream: true, "midstream-policy": "drop-flow" } });
  assert.throws(
    () => new Engine({ config, mode: "prevent" }),
    (error: unknown) => error instanceof VpatchError && error.code === "VPATCH_CONFIG",
  );
});

engine.run();
