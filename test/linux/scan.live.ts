/**
 * The whole story, live: a vulnerable server is installed and started below a root of its own, the agent finds it and puts its virtual patch in
 * force, the attack is blocked before the server sees it; the server is upgraded and started again, the patch retires, and the report says so.
 *
 * The server is laid out as Confluence is, and is a small program of ours that a real process of that root runs on a real port.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SETUPS } from "./agent.ts";
import { Lab, SERVER4, sleep, until } from "./lab.ts";
import { FOLDER } from "./setting.ts";
import { Vpatch } from "./vpatch.ts";

const CVE = "CVE-2022-26134";
const SID = 9_120_001;
const HOME = "opt/atlassian/confluence";
const PROPERTIES = `${HOME}/confluence/WEB-INF/classes/com/atlassian/confluence/default.properties`;
const ATTACK = `http://${SERVER4}:8090/%24%7B%40java.lang.Runtime%40getRuntime%28%29.exec%28%22id%22%29%7D/`;

/** Runs what the path says, until it is upgraded; writes down what it was asked. */
const SERVER = `
const fs = require("fs");
const held = fs.openSync("/${PROPERTIES}");
const vulnerable = fs.readFileSync(held, "utf8").includes("7.18.0");
fs.writeFileSync("/srv/pid", String(process.pid));
require("http").createServer((request, response) => {
  const attack = decodeURIComponent(request.url).includes("getRuntime");
  fs.appendFileSync("/srv/access.log", (attack ? (vulnerable ? "exploited" : "refused") : "served") + "\\n");
  response.end("hello\\n");
}).listen(8090);
`;

function put(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  // As package managers do it: a running program keeps the old file.
  writeFileSync(join(root, `${path}.new`), text);
  renameSync(join(root, `${path}.new`), join(root, path));
}

/** A root with an interpreter, and a package manager's word that nothing but it is installed. */
function layOutRoot(root: string): void {
  put(root, "etc/os-release", "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n");
  notePackages(root, 1);
  put(root, "srv/server.js", SERVER);
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  const java = join(root, "usr/bin/java");
  copyFileSync(process.execPath, java);
  chmodSync(java, 0o755);
  for (const [, library] of execFileSync("ldd", [process.execPath], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(dirname(join(root, library!)), { recursive: true });
    copyFileSync(library!, join(root, library!));
    chmodSync(join(root, library!), 0o755);
  }
}

function notePackages(root: string, revision: number): void {
  const entry = `Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12.4+deb12u${revision}\n`;
  put(root, "var/lib/dpkg/status", entry);
}

/**
 * A process namespace with a /proc of its own: the machine's other processes are none of this test's business. What enters it.
 */
async function ownProcesses(lab: Lab): Promise<string[]> {
  const holder = lab.spawn("server", "unshare", ["--pid", "--fork", "--mount-proc", "sleep", "infinity"], "ignore");
  let first = "";
  await until("the process namespace is there", () => {
    first = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8").trim();
    return first !== "" && readFileSync(`/proc/${first}/comm`, "utf8").trim() === "sleep";
  });
  return ["nsenter", "--target", first, "--pid", "--mount", "--"];
}

const test = suite("scan in a running agent");

test("a vulnerable server is protected until it is upgraded and started again", async () => {
  const lab = new Lab(FOLDER);
  const root = join(lab.folder, "root");
  layOutRoot(root);
  const enter = await ownProcesses(lab);
  const agent = new Vpatch(lab, SETUPS.nfqueue, "", enter);
  const log = (): string[] => {
    const file = join(root, "srv/access.log");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  };
  const startServer = async () => {
    const [program, ...words] = [...enter, "chroot", root, "/usr/bin/java", "/srv/server.js"];
    const child = lab.spawn("server", program!, [...words, `-Dcatalina.home=/${HOME}`], "ignore");
    await until("the server answers", async () => (await request(`http://${SERVER4}:8090/`)) === 0);
    return async () => {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      await lab.run("server", enter[0]!, ...enter.slice(1), "kill", "-9", readFileSync(join(root, "srv/pid"), "utf8"));
      await exited;
    };
  };
  /** curl's status. */
  const request = async (url: string): Promise<number> =>
    (await lab.run("client", "curl", "-s", "-m", "2", "-o", "/dev/null", url)).status;
  const report = () => JSON.parse(readFileSync(join(agent.folder, "state", "report.json"), "utf8"));
  const assigned = (): string | undefined =>
    report().assignments.find(({ sid }: { sid: number }) => sid === SID)?.state;
  const scans = (): number => agent.own("scan").length;
  /** Waits for scans after something happened. */
  const scanned = async (work: () => unknown, count = 1): Promise<void> => {
    const before = scans();
    await work();
    await until("the scan is done", () => scans() >= before + count, 60_000);
    await sleep(300);
    await until("its rules are in force", async () => !(await agent.status()).scan!.running, 30_000);
  };

  try {
    const scan = { enabled: true, root, interval: 3600, settle: 200 };
    await agent.start({ scan }, { "rule-files": [], stream: { midstream: true } });
    await until("the first scan", () => scans() === 1, 60_000);
    const before = await agent.status();
    assert.equal([before.rules.assigned, before.protection, before.reasons], [0, "protected", []]);

    put(root, PROPERTIES, "version.number=7.18.0\n");
    let stop = await startServer();
    assert.is(await request(ATTACK), 0);
    assert.is(log().at(-1), "exploited", "nobody protects it yet");

    // The package manager has written: the agent scans by itself.
    await scanned(() => notePackages(root, 2));
    assert.is(assigned(), "applied");
    const open = report().open.find(({ cve }: { cve: string }) => cve === CVE);
    assert.is(open.patch, "applied");
    assert.match(open.affected[0].remedy, /7\.18\.1|7\.4\.17|upgrade/i, "the report names the real fix");
    await until("the rule is in force", async () => (await agent.status()).rules.assigned > 0);
    const count = log().length;
    assert.is.not(await request(ATTACK), 0, "the attack got no answer");
    assert.is(log().length, count, "the server did not see it");
    assert.is(await request(`http://${SERVER4}:8090/pages`), 0, "others are served");
    await until("the alert is told", () => agent.events().some(({ alert }) => alert?.signature_id === SID));
    const alert = agent.events().find((event) => event.alert?.signature_id === SID);
    assert.is(alert.alert.action, "blocked");
    await until("the assignment is told", () => agent.own("assigned").some(({ sid }) => sid === SID));
    const [told] = agent.own("assigned").filter(({ sid }) => sid === SID);
    assert.equal([told.cves.includes(CVE), told.mode], [true, "prevent"]);

    // Upgraded on disk, but the old process still runs.
    await scanned(() => {
      put(root, PROPERTIES, "version.number=7.18.1\n");
      notePackages(root, 3);
    });
    assert.is(assigned(), "applied");
    assert.is.not(await request(ATTACK), 0);

    await stop();
    stop = await startServer();
    await scanned(() => agent.ask({ command: "scan" }));
    assert.is(
      assigned(),
      "retiring",
      JSON.stringify(report().assignments[0], null, 1) + JSON.stringify(report().problems),
    );
    assert.is.not(await request(ATTACK), 0, "in force until the second scan");
    await scanned(() => agent.ask({ command: "scan" }));
    assert.is(assigned(), "retired");
    assert.is(
      report().open.find(({ cve }: { cve: string }) => cve === CVE),
      undefined,
    );
    await until("the rule is out of force", async () => (await agent.status()).rules.assigned === 0);
    await until("that is told", () => agent.own("retired").some(({ sid }) => sid === SID));
    assert.is(agent.own("retired").filter(({ sid }) => sid === SID).length, 1);
    assert.is(await request(ATTACK), 0);
    assert.is(log().at(-1), "refused", "the server now looks after itself");
    await stop();
  } finally {
    await agent.stop();
    lab.close();
  }
});

test.run();
