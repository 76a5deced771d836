/** Evidence: what an alert or drop carries, and that it gives the same verdict again on either build of the core. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Verdict } from "../../assembly/abi/codes.ts";
import { readCases } from "../../corpus/case.ts";
import { parseConversation } from "../../corpus/conversation.ts";
import { type ConversationFrame, conversationFrames } from "../../corpus/frames.ts";
import { readCapture } from "../../hosts/node/capture/reader.ts";
import { defaultConfiguration } from "../../hosts/node/config/configuration.ts";
import { coreBinary } from "../../hosts/node/engine/core.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { type Evidence, readEvidence, writeEvidence } from "../../hosts/node/evidence/container.ts";
import { EvidenceRecorder, type RecorderOptions } from "../../hosts/node/evidence/recorder.ts";
import { replayEvidence } from "../../hosts/node/evidence/replay.ts";
import { compileRuleFiles, compileRules } from "../../hosts/node/rules/compile.ts";

const folder = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const config = defaultConfiguration();
const signatures = compileRuleFiles([folder("signatures")], config).database;
const written = mkdtempSync(join(tmpdir(), "vpatch-evidence-"));

/** The evidence files that frames leave behind, by name. */
function evidenceOf(
  name: string,
  frames: readonly ConversationFrame[],
  database = signatures,
  options: Partial<RecorderOptions> = {},
): { files: string[]; found: Evidence[] } {
  const place = join(written, name);
  const recorder = new EvidenceRecorder({ folder: place, now: () => 0, ...options });
  const engine = new Engine({ mode: "prevent", config, recorder });
  engine.load(database);
  for (const [index, { data, linkType, seconds, nanoseconds }] of frames.entries()) {
    engine.write({ data, linkType, timestamp: seconds * 1_000_000 + nanoseconds / 1000, number: index + 1 });
    if (index % 5 === 4) engine.inspect();
  }
  engine.inspect();
  engine.finish();
  const files = readdirSync(place)
    .sort()
    .map((file) => join(place, file));
  return { files, found: files.map((file) => readEvidence(file)) };
}

function rules(text: string): Uint8Array {
  const { database, report } = compileRules([{ file: "test.rules", text }], config);
  assert.equal(report.refused, []);
  return database;
}

function talk(header: string, ...lines: string[]): ConversationFrame[] {
  return conversationFrames(parseConversation(header, lines));
}

const evidence = suite("evidence");
evidence.after(() => rmSync(written, { recursive: true }));

for (const found of readCases(folder("corpus/attacks"))) {
  evidence(`replays identically with and without SIMD: ${found.title}`, () => {
    const frames = found.conversations.flatMap((conversation) => conversationFrames(conversation));
    const kept = evidenceOf(found.name, frames).found;
    assert.ok(kept.length > 0);
    for (const each of kept) {
      assert.ok(
        found.expect.drop.includes(each.manifest.event!.sid) || found.expect.alert.includes(each.manifest.event!.sid),
      );
      for (const build of ["simd", "scalar"] as const) {
        const result = replayEvidence(each, signatures, coreBinary(build));
        assert.equal(result.deviations, [], build);
        const engine = build === "simd" ? [] : [/^engine /];
        assert.is(result.differences.length, engine.length);
        engine.forEach((pattern, index) => {
          assert.match(result.differences[index]!, pattern);
        });
      }
    }
  });
}

const EVIL = 'drop http any any -> any any (msg:"evil"; http.uri; content:"/evil"; sid:1; rev:3;)';
const REQUEST = ["> GET /evil HTTP/1.1", "> Host: a.example", ">"];
const FLOW = "tcp 192.0.2.1:40000 > 192.0.2.2:80";

evidence("holds the frames of its flow alone, up to the one that matched, with their verdicts", () => {
  const other = talk("tcp 192.0.2.9:41000 > 192.0.2.2:80", "> GET /fine HTTP/1.1", "> Host: a.example", ">");
  const mine = talk(FLOW, ...REQUEST);
  const mixed = mine.flatMap((frame, index) => (other[index] ? [frame, other[index]!] : [frame]));
  const { found } = evidenceOf("mixed", mixed, rules(EVIL));
  assert.is(found.length, 1);
  const { frames, manifest } = found[0]!;
  assert.equal(
    frames.map(({ number, verdict }) => `${number} ${Verdict[verdict!]}`),
    ["1 Pass", "3 Pass", "5 Pass", "7 Drop"],
  );
  assert.is(manifest.event!.msg, "evil");
  assert.is(manifest.event!.rev, 3);
  assert.is(manifest.missing, 0);
  assert.equal(manifest.limits, []);
});

evidence("is a capture that other tools open", async () => {
  const { files, found } = evidenceOf("capture", talk(FLOW, ...REQUEST), rules(EVIL));
  let count = 0;
  for await (const frames of readCapture(files[0]!)) for (const _ of frames) count++;
  assert.is(count, found[0]!.frames.length);
});

evidence("holds the fragments of its flow's datagrams", () => {
  const whole = talk("udp 192.0.2.1:4000 > 192.0.2.2:5000", "> an evil datagram of some length\\")[0]!;
  const parts = fragments(whole);
  const database = rules('drop udp any any -> any any (content:"evil datagram"; sid:1;)');
  const { found } = evidenceOf("fragments", parts, database);
  assert.is(found[0]?.frames.length, parts.length);
  assert.equal(replayEvidence(found[0]!, database).deviations, []);
});

evidence("says what a bound left out: the first and the last frames stay", () => {
  const long = talk(
    `${FLOW} mss=100`,
    "> POST /a HTTP/1.1",
    "> Host: a.example",
    "> Content-Length: 4004",
    ">",
    `> ${"x".repeat(4000)}evil\\`,
  );
  const database = rules('drop http any any -> any any (flow:established; content:"xevil"; sid:1;)');
  const { found } = evidenceOf("bounded", long, database, { flowBytes: 4000 });
  const { manifest, frames } = found[0]!;
  assert.ok(manifest.missing > 0);
  assert.is(frames[0]!.number, 1);
  assert.match(manifest.limits.join(), /frames of the flow did not fit/);
});

evidence("names the state of other flows that had a part", () => {
  const database = rules(
    [
      'alert udp any any -> any any (content:"first"; xbits:isset,seen,track ip_src; flowbits:set,begun; noalert; sid:1;)',
      'alert udp any any -> any any (content:"first"; xbits:set,seen,track ip_src; noalert; sid:2;)',
      'drop udp any any -> any any (content:"second"; flowbits:isset,begun; threshold:type both,track by_src,count 1,seconds 60; sid:3;)',
    ].join("\n"),
  );
  const frames = [
    ...talk("udp 192.0.2.1:4000 > 192.0.2.2:5000", "> first\\"),
    ...talk("udp 192.0.2.1:4001 > 192.0.2.2:5000", "> first\\", "--", "> second\\"),
  ];
  const { found } = evidenceOf("state", frames, database);
  assert.is(found[0]?.manifest.event?.sid, 3);
  assert.equal(found[0]!.manifest.limits, [
    "rule 3 has a threshold: other flows may have counted towards it",
    "rule 1 tests xbits or hostbits: other flows may have set them",
  ]);
  const result = replayEvidence(found[0]!, database);
  assert.ok(!result.same, "the other flow set the bit");
  assert.match(result.deviations.join("; "), /missing: alert 1:3 in frame 3; rule 3 has a threshold: other flows/);
});

evidence("holds the connection that announced its own, also when the first data matches", () => {
  const database = rules(
    "alert ftp-data any any -> any any (flow:established,to_client; ftpdata_command:retr; sid:1;)",
  );
  const frames = [
    ...talk(
      "tcp 192.0.2.1:4000 > 192.0.2.2:21 open",
      "< 220 ready",
      "> USER bob",
      "< 230 welcome",
      "> PASV",
      "< 227 Entering Passive Mode (192,0,2,2,82,9).",
      "> RETR a.txt",
      "< 150 Opening.",
    ),
    ...talk("tcp 192.0.2.1:4001 > 192.0.2.2:21001", "< what the file holds"),
  ];
  const { found } = evidenceOf("announced", frames, database);
  assert.is(found[0]!.frames[0]!.number, 1, "the control connection");
  assert.equal(replayEvidence(found[0]!, database).deviations, []);
});

evidence("of a packet without a flow is that packet, and its fragments", () => {
  const database = rules("alert pkthdr any any -> any any (decode-event:ipv4.trunc_pkt; sid:1;)");
  const whole = talk("udp 192.0.2.1:4000 > 192.0.2.2:5000", "> cut");
  const cut = whole.map((frame) => ({ ...frame, data: frame.data.subarray(0, 36) }));
  const { found } = evidenceOf("flowless", [...talk(FLOW, ...REQUEST), ...cut], database);
  assert.is(found.length, 1);
  assert.is(found[0]!.frames.length, 1);
  assert.equal(replayEvidence(found[0]!, database).deviations, []);
});

evidence("of one rule without flows is bounded: a flood leaves room for the rest", () => {
  const database = rules("alert pkthdr any any -> any any (decode-event:ipv4.trunc_pkt; sid:1;)");
  const [whole] = talk("udp 192.0.2.1:4000 > 192.0.2.2:5000", "> cut");
  const cut = { ...whole!, data: whole!.data.subarray(0, 36) };
  assert.is(evidenceOf("flood", Array(40).fill(cut), database).found.length, 16);
});

evidence("of a flow with more events than are told replays, too", () => {
  const database = rules(
    'alert udp any any -> any any (content:"often"; sid:1;)\nalert udp any any -> any any (content:"once"; sid:2;)',
  );
  const often = Array.from({ length: 120 }, () => ["> often", "--"]).flat();
  const { found } = evidenceOf("many", talk("udp 192.0.2.1:4000 > 192.0.2.2:5000", ...often, "> once"), database);
  const last = found.find(({ manifest }) => manifest.event?.sid === 2)!;
  assert.is(last.manifest.events.length, 100);
  assert.match(last.manifest.limits.join(), /the first 100 are told/);
  assert.equal(replayEvidence(last, database).deviations, []);
});

evidence("says that the mode was changed while the flow was open", () => {
  const database = rules(EVIL);
  const place = join(written, "mode");
  const recorder = new EvidenceRecorder({ folder: place, now: () => 0 });
  const engine = new Engine({ mode: "detect", config, recorder });
  engine.load(database);
  for (const [index, { data, linkType, seconds, nanoseconds }] of talk(FLOW, ...REQUEST).entries()) {
    if (index === 3) engine.setMode("prevent", database);
    engine.write({ data, linkType, timestamp: seconds * 1_000_000 + nanoseconds / 1000 });
    engine.inspect();
  }
  const { limits } = readEvidence(join(place, readdirSync(place)[0]!)).manifest;
  assert.match(limits.join(), /the mode was changed while the flow was open/);
});

evidence("what ends a flow stands before what the frame after it tells", () => {
  const database = rules(
    'alert tcp any any -> any any (content:"first"; sid:1;)\nalert tcp any any -> any any (content:"later"; sid:2;)',
  );
  const engineFrames = [
    ...talk("tcp 192.0.2.1:4000 > 192.0.2.2:99 open", "> first", "--", "> later"),
    ...talk("tcp 192.0.2.1:4001 > 192.0.2.2:99 open", "-- 9000s", "> later"),
  ];
  for (const each of evidenceOf("ended", engineFrames, database).found) {
    assert.equal(replayEvidence(each, database).deviations, []);
  }
});

evidence("another database, configuration or engine is named, and so is a verdict that differs", () => {
  const { found } = evidenceOf("other", talk(FLOW, ...REQUEST), rules(EVIL));
  const result = replayEvidence(found[0]!, rules(EVIL.replace("/evil", "/else")));
  assert.is(result.same, false);
  assert.match(result.differences.join("; "), /^database .*; rule text /);
  assert.match(result.deviations.join("; "), /frame 4: Pass, recorded was Drop; missing: alert 1:1 in frame 4/);
});

evidence("from the command line: written by one replay, replayed by another", () => {
  const place = join(written, "command");
  const { found } = evidenceOf("command-capture", talk(FLOW, ...REQUEST), rules(EVIL));
  const capture = join(written, "capture.pcapng");
  writeEvidence(capture, found[0]!);
  const file = join(written, "evil.rules");
  execFileSync("sh", ["-c", `cat > "$0"`, file], { input: EVIL });
  const vpatch = (...args: string[]): string =>
    execFileSync(
      process.execPath,
      [
        "--import",
        "tsx",
        folder("hosts/node/cli.ts"),
        "replay",
        "--rules",
        file,
        "--out",
        join(written, "out"),
        ...args,
      ],
      {
        encoding: "utf8",
        cwd: folder("."),
      },
    );
  vpatch("--mode", "prevent", "--evidence", place, "--quiet", capture);
  const [kept] = readdirSync(place);
  assert.match(vpatch("--evidence", join(place, kept!)), /alert 1:1 evil in frame 4.*\nsame verdict\n$/s);
});

/** An IPv4 frame as fragments of 16 bytes, the last first. */
function fragments(frame: ConversationFrame): ConversationFrame[] {
  const { data } = frame;
  const payload = data.subarray(34);
  const parts: ConversationFrame[] = [];
  for (let offset = 0; offset < payload.length; offset += 16) {
    const piece = payload.subarray(offset, offset + 16);
    const out = Buffer.concat([data.subarray(0, 34), piece]);
    out.writeUInt16BE(20 + piece.length, 16);
    out.writeUInt16BE((offset >> 3) | (offset + 16 < payload.length ? 0x2000 : 0), 20);
    out.writeUInt16BE(0, 24);
    let sum = 0;
    for (let at = 14; at < 34; at += 2) sum += out.readUInt16BE(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    out.writeUInt16BE(~sum & 0xffff, 24);
    parts.unshift({ ...frame, data: out, payloadLength: 0 });
  }
  return parts;
}

evidence.run();
