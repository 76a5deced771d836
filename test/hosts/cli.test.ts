/** The command: what it writes, its exit status, and what it says when something is wrong. Runs the built command as a user does. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { readCapture } from "../../hosts/node/capture/reader.ts";
import { CaptureWriter } from "../../hosts/node/capture/writer.ts";

const cli = suite("vpatch");
const command = fileURLToPath(new URL("../../build/hosts/node/cli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "vpatch-cli-"));
cli.after(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]): { status: number | null; out: string; error: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: "utf8" });
  assert.not.match(stderr, /\n\s+at .*\.js:\d+/, "a user sees no stack trace");
  return { status, out: stdout, error: stderr };
}

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return name;
};
const events = (out = "out"): Record<string, never>[] =>
  readFileSync(join(folder, out, "eve.json"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const RULES = `drop http any any -> any any (msg:"no secrets"; flow:to_server; http.uri; content:"/secret"; sid:1;)\n`;
const conversation = (path: string) =>
  parseConversation("tcp 192.0.2.1:4000 > 192.0.2.2:80", [
    `> GET ${path} HTTP/1.1`,
    "> Host: a",
    ">",
    "< HTTP/1.1 204 No Content",
    "<",
  ]);

cli.before(() => {
  for (const [name, path] of [
    ["attack.pcap", "/secret"],
    ["benign.pcap", "/public"],
  ] as const) {
    const writer = new CaptureWriter(join(folder, name));
    for (const frame of conversationFrames(conversation(path))) writer.write(frame);
    writer.close();
  }
  file("good.rules", RULES);
  file("mixed.rules", `${RULES}alert tcp any any -> any any (msg:"x"; no_such_keyword:1; sid:2;)\n`);
});

cli("replay in detection: the attack is reported, nothing is dropped", () => {
  const { status, out } = run("replay", "attack.pcap", "--rules", "good.rules");
  assert.is(status, 0);
  assert.match(out, /no secrets\s+│\s+1/);
  const [alert] = events().filter(({ event_type }) => event_type === "alert") as unknown as {
    alert: { action: string };
    verdict: object;
  }[];
  assert.is(alert?.alert.action, "allowed");
  assert.equal(
    events().filter(({ event_type }) => event_type === "drop"),
    [],
  );
});

cli("replay in prevention: the frames that pass are written, the attack's are not", async () => {
  const { status, out } = run(
    "replay",
    "attack.pcap",
    "benign.pcap",
    "-r",
    "good.rules",
    "-m",
    "prevent",
    "-w",
    "passed.pcap",
    "-o",
    "two",
  );
  assert.is(status, 0);
  assert.match(out, /verdicts.*passed.*dropped/);
  const drops = events("two").filter(({ event_type }) => event_type === "drop") as unknown as {
    pcap_filename: string;
  }[];
  assert.ok(drops.length > 0 && drops.every(({ pcap_filename }) => pcap_filename === "attack.pcap"));
  let text = "";
  for await (const frames of readCapture(join(folder, "passed.pcap"))) {
    for (const { data } of frames) text += Buffer.from(data).toString("latin1");
  }
  assert.match(text, /GET \/public/);
  assert.not.match(text, /GET \/secret/);
});

cli("a folder of captures is read, and a gzipped capture; batches change nothing", () => {
  file("more.pcap.gz", gzipSync(readFileSync(join(folder, "attack.pcap"))));
  for (const batch of ["1", "7", "256"]) {
    assert.is(
      run("replay", "more.pcap.gz", "-r", "good.rules", "-m", "prevent", "-q", "-o", `batch${batch}`, "--batch", batch)
        .status,
      0,
    );
    assert.is(
      readFileSync(join(folder, `batch${batch}/eve.json`), "utf8"),
      readFileSync(join(folder, "batch1/eve.json"), "utf8"),
    );
  }
  const { status, out } = run("replay", ".", "-r", "good.rules", "-o", "folder");
  assert.is(status, 0);
  assert.match(out, /captures\s+│\s+[34]/);
});

cli("compile writes a database and a report; the database replays like its rules", () => {
  const { status, out } = run("compile", "mixed.rules", "-o", "rules.vpdb", "--report", "report.json");
  assert.is(status, 0);
  assert.match(out, /accepted\s+│\s+1/);
  const { accepted, refused } = JSON.parse(readFileSync(join(folder, "report.json"), "utf8"));
  assert.is(accepted, 1);
  assert.is(refused.length, 1);
  assert.equal(
    [refused[0].sid, refused[0].file, refused[0].line, refused[0].keyword],
    [2, "mixed.rules", 2, "no_such_keyword"],
  );
  run("replay", "attack.pcap", "--db", "rules.vpdb", "-q", "-o", "by-db");
  run("replay", "attack.pcap", "-r", "good.rules", "-q", "-o", "by-rules");
  assert.equal(events("by-db"), events("by-rules"));
});

cli("--strict-rules ends with status 77 and says which keyword of which rule", () => {
  for (const args of [
    ["replay", "attack.pcap", "--rules", "mixed.rules"],
    ["compile", "mixed.rules", "-o", "strict.vpdb"],
  ]) {
    const { status, error } = run(...args, "--strict-rules");
    assert.is(status, 77);
    assert.match(error, /^error\[VPATCH_RULE_REFUSED\].*no_such_keyword/);
  }
  assert.not(existsSync(join(folder, "strict.vpdb")));
});

cli("a damaged capture: what came before the damage is inspected, status 3", () => {
  const whole = readFileSync(join(folder, "attack.pcap"));
  file("cut.pcap", whole.subarray(0, whole.length - 5));
  const { status, error } = run("replay", "cut.pcap", "-r", "good.rules", "-o", "cut", "-q");
  assert.is(status, 3);
  assert.match(error, /^error\[VPATCH_CAPTURE_TRUNCATED\] cut.pcap: byte \d+: the capture ends inside a record/);
  assert.is(events("cut").filter(({ event_type }) => event_type === "alert").length, 1);
});

for (const [name, args, status, expected] of [
  ["no rules", ["replay", "attack.pcap"], 2, /error\[VPATCH_USAGE\] there are no rules\n {2}do: give --rules/],
  [
    "rules and database",
    ["replay", "attack.pcap", "-r", "good.rules", "--db", "x"],
    2,
    /--rules and --db exclude each other/,
  ],
  ["an unknown option", ["replay", "attack.pcap", "--rulez", "x"], 2, /unknown option '--rulez'/],
  ["an unknown command", ["replai"], 2, /unknown command 'replai'/],
  [
    "a wrong mode",
    ["replay", "attack.pcap", "-r", "good.rules", "-m", "block"],
    2,
    /Allowed choices are detect, prevent/,
  ],
  [
    "a capture that is not there",
    ["replay", "none.pcap", "-r", "good.rules"],
    1,
    /error\[VPATCH_FILE\] none.pcap: no such file/,
  ],
  [
    "a capture that is none",
    ["replay", "good.rules", "-r", "good.rules"],
    1,
    /error\[VPATCH_CAPTURE_FORMAT\] good.rules: byte 0: not a capture/,
  ],
  [
    "an empty capture",
    ["replay", "empty", "-r", "good.rules"],
    1,
    /error\[VPATCH_CAPTURE_TRUNCATED\] empty: byte 0: the capture is empty/,
  ],
  [
    "rules that are not there",
    ["replay", "attack.pcap", "-r", "none.rules"],
    1,
    /error\[VPATCH_FILE\] none.rules: no such file/,
  ],
  [
    "an empty database",
    ["replay", "attack.pcap", "--db", "empty"],
    1,
    /error\[VPATCH_DATABASE\] empty: the database is empty/,
  ],
  [
    "a database that is none",
    ["replay", "attack.pcap", "--db", "attack.pcap"],
    1,
    /error\[VPATCH_DATABASE\] attack.pcap: not a rule database/,
  ],
  [
    "a wrong setting",
    ["replay", "attack.pcap", "-r", "good.rules", "-c", "bad.yaml"],
    1,
    /error\[VPATCH_CONFIG\] bad.yaml:1:1: straem: no such setting/,
  ],
  [
    "a wrong batch",
    ["replay", "attack.pcap", "-r", "good.rules", "--batch", "0"],
    2,
    /--batch: "0" is not a number of frames/,
  ],
] as [string, string[], number, RegExp][]) {
  cli(`${name}: status ${status}, a clear error`, () => {
    file("empty", "");
    file("bad.yaml", "straem: {}\n");
    const result = run(...args);
    assert.is(result.status, status);
    assert.match(result.error, expected);
  });
}

cli("--help names the commands and the exit status", () => {
  const { status, out } = run("--help");
  assert.is(status, 0);
  assert.match(out, /replay.*\n[\s\S]*compile[\s\S]*77/);
});

cli("a damaged database is refused, whatever byte is wrong", () => {
  run("compile", "good.rules", "-o", "whole.vpdb", "-q");
  const whole = readFileSync(join(folder, "whole.vpdb"));
  for (const at of [70, Math.floor(whole.length / 2), whole.length - 20]) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0x40;
    file("damaged.vpdb", damaged);
    const { status, error } = run("replay", "attack.pcap", "--db", "damaged.vpdb", "-q");
    assert.is(status, 1);
    assert.match(error, /error\[VPATCH_DATABASE\] damaged.vpdb: /);
  }
  assert.ok(readdirSync(folder).includes("whole.vpdb"));
});

cli.run();
