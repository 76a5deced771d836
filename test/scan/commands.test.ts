/** The commands, from a laid-out host to assignments, policy and report. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { registerScanCommands } from "../../hosts/node/commands/scan.ts";
import { formatError } from "../../hosts/node/errors.ts";
import { writeOwnBundle } from "../../scan/bundle/own.ts";
import { ownBundleFolder } from "../../scan/package-folder.ts";
import { layOut, remove } from "./layout.ts";
import { component, inventory, listener, ruleText } from "./samples.ts";

if (!existsSync(ownBundleFolder())) await writeOwnBundle();

/** Runs `vpatch ...`; gives what it printed, errors included. */
async function vpatch(...words: string[]): Promise<string> {
  const program = new Command("vpatch").exitOverride();
  registerScanCommands(program);
  const { stdout, stderr } = process;
  const writes = [stdout.write, stderr.write];
  let text = "";
  const capture = (part: string | Uint8Array): boolean => {
    text += part.toString();
    return true;
  };
  stdout.write = capture as typeof stdout.write;
  stderr.write = capture as typeof stderr.write;
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    text += formatError(error);
  } finally {
    [stdout.write, stderr.write] = writes as [typeof stdout.write, typeof stderr.write];
  }
  return text.trim();
}

const confluence = (version: string) => component("generic", "atlassian/confluence", version);
const host = (version: string): string => {
  const one = confluence(version);
  return JSON.stringify(inventory([one], [listener(8090, [one])]));
};
const folder = layOut({
  "old.json": host("7.18.0"),
  "new.json": host("7.18.1"),
  "a.rules": [
    ruleText(1, "CVE-2022-26134"),
    ruleText(2, "CVE-2022-26134", "metadata:confidence Low; "),
    ruleText(3, "CVE-2022-26134", "", "alert tcp any any -> any 445"),
  ].join("\n"),
});
const file = (name: string): string => join(folder, name);
const common = ["--state", file("state"), "--rules", file("a.rules")];

test("scan says what is open, what protects and what really repairs", async () => {
  const text = await vpatch("scan", "--inventory", file("old.json"), ...common);
  assert.match(text, /known exploited: 2 \(1 patched virtually, 0 recommended, 1 without\)/);
  assert.match(text, /CVE-2022-26134.*since 2022-06-02.*applied: 1/);
  assert.match(text, /upgrade atlassian\/confluence to 7\.18\.1 or later/);
  assert.not.ok(existsSync(file("state")), "scan alone stores nothing");
});

test("recommend apply stores, writes the rules in force, and retires after two scans", async () => {
  const apply = (name: string): Promise<string> =>
    vpatch(
      "recommend",
      "apply",
      "--inventory",
      file(name),
      ...common,
      "--mode",
      "prevent",
      "--rules-output",
      file("out.rules"),
      "--policy-output",
      file("policy.json"),
    );
  assert.is(await apply("old.json"), "1 applied, 0 retiring, 1 recommended, 0 retired");
  assert.match(
    readFileSync(file("out.rules"), "utf8"),
    /^drop http \$EXTERNAL_NET any -> \$HTTP_SERVERS \[8090\] \(.*sid:1;/,
  );
  assert.equal(JSON.parse(readFileSync(file("policy.json"), "utf8")).rules, [
    { gid: 1, sid: 1, action: "drop", ports: { HTTP_PORTS: [8090] } },
  ]);
  assert.match(
    await vpatch("recommend", "explain", "1", "--state", file("state")),
    /7\.18\.0 -> CVE-2022-26134: .*7\.18\.0 is older than 7\.18\.1/,
  );
  assert.match(
    await vpatch("recommend", "explain", "3", "--state", file("state")),
    /looks at port 445, the server listens on 8090/,
  );
  assert.match(await apply("new.json"), /0 applied, 1 retiring/);
  assert.match(await apply("new.json"), /0 applied, 0 retiring, 0 recommended, 2 retired/);
});

test("pin and suppress outrank the scan", async () => {
  const apply = (): Promise<string> => vpatch("recommend", "apply", "--inventory", file("old.json"), ...common);
  await vpatch("recommend", "suppress", "1", "--state", file("state"), "--note", "breaks the shop");
  await vpatch("recommend", "pin", "2", "--state", file("state"));
  assert.match(await apply(), /1 applied, 0 retiring, 0 recommended/);
  const list = await vpatch("recommend", "list", "--state", file("state"));
  assert.match(list, /1\s*│ suppressed.*/);
  assert.match(list, /2\s*│ applied/);
});

test("a damaged state is not taken for an empty one", async () => {
  writeFileSync(file("state/assignments.json"), '{"schema":');
  const text = await vpatch("scan", "--inventory", file("new.json"), ...common);
  assert.match(text, /note: .*assignments\.json: is damaged or cut off; the version before is used/);
  writeFileSync(file("state/assignments.json.previous"), "");
  const refused = await vpatch("scan", "--inventory", file("new.json"), ...common);
  assert.match(refused, /error\[VPATCH_SCAN\].*there is no readable version before it/);
});

test("db: build, sign, verify, import; an older one is refused", async () => {
  mkdirSync(file("src"));
  const osv = {
    id: "CVE-2022-26134",
    affected: [
      {
        package: { ecosystem: "npm", name: "x" },
        ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "1.0.0" }] }],
      },
    ],
  };
  writeFileSync(file("src/a.json"), JSON.stringify(osv));
  await vpatch("db", "keygen", file("publisher"));
  const build = (serial: string): Promise<string> =>
    vpatch(
      "db",
      "build",
      "--output",
      file(`db${serial}`),
      "--rules",
      file("a.rules"),
      "--source",
      `osv=${file("src")}`,
      "--serial",
      serial,
      "--key",
      file("publisher.key"),
    );
  assert.match(await build("5"), /serial 5, 1 CVEs, 1 rows, 3 rules/);
  await build("4");
  const trust = ["--state", file("state"), "--key", file("publisher.pem")];
  assert.match(await vpatch("db", "verify", file("db5"), ...trust), /good: serial 5/);
  assert.match(await vpatch("db", "import", file("db5"), ...trust), /in force: serial 5/);
  assert.match(
    await vpatch("db", "import", file("db4"), ...trust),
    /error\[VPATCH_SCAN\] the bundle's serial 4 is lower than 5/,
  );
  assert.match(await vpatch("db", "verify", file("db5"), "--state", file("none")), /no publisher's key is trusted/);
  assert.match(await vpatch("db", "verify", file("nowhere"), ...trust), /nowhere.*is missing or cannot be read/);
});

test("wrong options are told", async () => {
  assert.match(await vpatch("scan", "--format", "pdf"), /error\[VPATCH_USAGE\] --format pdf is none of table, json/);
  assert.match(await vpatch("scan", "--mode", "maybe"), /neither detect nor prevent/);
  assert.match(
    await vpatch("scan", "--inventory", file("a.rules"), ...common.slice(2), "--state", file("s2")),
    /a\.rules: not JSON/,
  );
  assert.match(await vpatch("db", "build", "--output", file("x"), "--source", "osv"), /not of the form KIND=PATH/);
  remove(folder);
});

test.run();
