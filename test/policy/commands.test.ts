/** The commands `vpatch policy`, `vpatch rules`, and `--policy` of replay and compile, as a user runs them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseConversation } from "../../corpus/conversation.ts";
import { conversationFrames } from "../../corpus/frames.ts";
import { CaptureWriter } from "../../hosts/node/capture/writer.ts";
import { rule, tarGz } from "../rules/archive.ts";

const commands = suite("vpatch policy and rules");
const command = fileURLToPath(new URL("../../build/hosts/node/cli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "vpatch-policy-"));
commands.after(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]): { status: number | null; out: string; error: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { cwd: folder, encoding: "utf8" });
  assert.not.match(stderr, /\n\s+at .*\.js:\d+/, "a user sees no stack trace");
  return { status, out: stdout, error: stderr };
}

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return name;
};

const writer = new CaptureWriter(join(folder, "traffic.pcap"));
const request = ["> GET /secret HTTP/1.1", "> Host: a", ">"];
for (const frame of conversationFrames(parseConversation("tcp 192.0.2.1:4000 > 192.0.2.2:80", request))) {
  writer.write(frame);
}
writer.close();
file(
  "web.rules",
  'alert http any any -> any any (msg:"no secrets"; http.uri; content:"/secret"; reference:cve,2024-1; sid:1;)\n',
);
file(
  "assignments.json",
  JSON.stringify({
    schema: "vpatch-assignments/1",
    assignments: [{ gid: 1, sid: 1, state: "applied", mode: "prevent", origin: "scan", proofs: [], reason: "" }],
  }),
);

const alerts = (): { alert: { action: string }; vpatch?: object }[] =>
  readFileSync(join(folder, "out/eve.json"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ event_type }) => event_type === "alert");

commands("an assigned virtual patch blocks in prevention, and says what it would do in detection", () => {
  file("policy.yaml", "mode: prevent\nassignments: { file: assignments.json }\n");
  const replay = ["replay", "traffic.pcap", "-r", "web.rules", "-p", "policy.yaml"];
  assert.is(run(...replay).status, 0);
  assert.equal(
    alerts().map(({ alert, vpatch }) => [alert.action, vpatch]),
    [["blocked", undefined]],
  );
  assert.is(run(...replay, "--mode", "detect").status, 0);
  assert.equal(
    alerts().map(({ alert, vpatch }) => [alert.action, vpatch]),
    [["allowed", { would_drop: true }]],
  );
});

commands("without a policy, assignments alone are applied to the rules", () => {
  run("replay", "traffic.pcap", "-r", "web.rules", "--assignments", "assignments.json", "-m", "prevent");
  assert.is(alerts()[0]!.alert.action, "blocked");
});

commands("a database that was compiled with a policy holds it", () => {
  file("quiet.yaml", "suppressed: [1]\n");
  file("more.rules", 'alert tcp any any -> any any (msg:"any"; sid:2;)\n');
  assert.is(run("compile", "web.rules", "more.rules", "-p", "quiet.yaml", "-o", "quiet.vpdb", "-q").status, 0);
  run("replay", "traffic.pcap", "--db", "quiet.vpdb");
  assert.ok(alerts().every(({ alert }) => JSON.stringify(alert).includes('"signature_id":2')));
  assert.is(run("replay", "traffic.pcap", "--db", "quiet.vpdb", "-p", "quiet.yaml").status, 2);
});

commands("a dry run gives the reason for every rule", () => {
  file(
    "dry.yaml",
    "mode: prevent\nrules:\n  - select: { sid: 1 }\n    mode: prevent\n    note: ticket 7\nsuppressed: [2]\n",
  );
  const { out, status } = run("policy", "show", "dry.yaml", "-r", "web.rules", "more.rules", "--format", "json");
  assert.is(status, 0);
  const { mode, counts, rules } = JSON.parse(out);
  assert.equal([mode, counts.inForce, counts.blocking], ["prevent", 1, 1]);
  assert.equal(
    rules.map(({ sid, action, inForce, reasons }: Record<string, unknown>) => [sid, action, inForce, reasons]),
    [
      [1, "drop", true, ["chosen by line 3: ticket 7", "alert becomes drop"]],
      [2, "alert", false, ["suppressed by line 6"]],
    ],
  );
  assert.match(run("policy", "show", "dry.yaml", "-r", "web.rules", "more.rules").out, /1 rules? in force, 1 block/);
});

commands("a wrong policy, and one whose exceptions are no addresses", () => {
  file("wrong.yaml", "mode: prvent\n");
  assert.match(run("policy", "check", "wrong.yaml").error, /wrong\.yaml:1:1: mode: expected detect or prevent/);
  file("where.yaml", "exceptions:\n  - source: 10.0.0.300\n");
  const { error, status } = run("policy", "check", "where.yaml");
  assert.is(status, 1);
  assert.match(error, /where\.yaml:2: exceptions: source: "10\.0\.0\.300" is not an IPv4 address/);
});

commands("rules: add a file, update, list, disable, enable, remove", async () => {
  file("ours.tar.gz", await tarGz(["rules/ours.rules", `${rule(1)}\n${rule(2)}\n`]));
  const rules = (...args: string[]) => run("rules", ...args, "-d", "store");
  assert.match(rules("add", "ours.tar.gz").out, /^ours: /);
  assert.is(rules("remove", "et/open").status, 0);
  assert.match(rules("list").error, /holds no rules yet/);
  assert.match(rules("update").out, /2 of 2 rules in force/);
  assert.match(rules("disable", "2").out, /^disabled: 1; in force: 1/);
  assert.match(rules("update").out, /1 of 2 rules in force/);
  assert.equal(
    JSON.parse(rules("list", "--all", "--format", "json").out).map(({ sid, enabled }: Record<string, unknown>) => [
      sid,
      enabled,
    ]),
    [
      [1, true],
      [2, false],
    ],
  );
  assert.match(rules("list", "--disabled").out, /^2 +off +ours\/rules\/ours\.rules +rule 2\n$/);
  assert.match(rules("enable", "2").out, /^enabled: 1; in force: 2/);
  assert.match(rules("sources").out, /ours\.tar\.gz/);
  assert.match(rules("disable", "re:(").error, /Unterminated group/);
  assert.is(run("compile", "store/current", "-o", "store.vpdb", "-q").status, 0);
});

commands.run();
