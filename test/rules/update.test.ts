/** Updates from servers, files and mirrors: what is good is put in force at once; what is not leaves everything as it was. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UPDATE_LIMITS } from "../../hosts/node/rules/update/limits.ts";
import { DEFAULT_SOURCE, readSources, withSource, writeSources } from "../../hosts/node/rules/update/source_list.ts";
import { switchRules } from "../../hosts/node/rules/update/switch.ts";
import { refilterRules, type UpdateOptions, updateRules } from "../../hosts/node/rules/update/update.ts";
import { makeZip } from "../scan/archives.ts";
import { rule, tar, tarGz } from "./archive.ts";
import { CERTIFICATE, type RuleServer, serve } from "./server.ts";

interface Context {
  server: RuleServer;
  directory: string;
}

const updates = suite<Context>("rules update");

updates.before.each(async (context) => {
  context.server = await serve();
  context.directory = mkdtempSync(join(tmpdir(), "vpatch-rules-"));
});

updates.after.each(async ({ server, directory }) => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const limits = { ...UPDATE_LIMITS, download: 1 << 20, unpacked: 4 << 20, files: 50, timeout: 2000, idle: 1000 };

/** The text of the rule files in force, by name. */
function inForce(directory: string): Record<string, string> {
  const folder = join(directory, "current");
  const names = (readdirSync(folder, { recursive: true }) as string[]).filter((name) => name.endsWith(".rules"));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

const run = (directory: string, options: Partial<UpdateOptions> = {}) => updateRules({ directory, limits, ...options });

const single = (directory: string, url: string, sha256?: string): void =>
  writeSources(directory, [{ name: "test", url, ...(sha256 === undefined ? {} : { sha256 }) }]);

async function fails(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  let message = "nothing";
  try {
    await promise;
  } catch (error) {
    message = (error as Error).message;
  }
  assert.match(message, pattern);
}

updates("the source of a new directory is ET Open for the language version", ({ directory }) => {
  assert.equal(readSources(directory), [DEFAULT_SOURCE]);
  assert.match(
    DEFAULT_SOURCE.url,
    /^https:\/\/rules\.emergingthreats\.net\/open\/suricata-8\.\d+\.\d+\/emerging\.rules\.tar\.gz$/,
  );
});

const FORMS: readonly [name: string, make: () => Promise<Buffer>, files: Record<string, string>][] = [
  [
    "/emerging.rules.tar.gz",
    () =>
      tarGz(
        ["rules/a.rules", `# head\n${rule(1)}\n#${rule(2)}\n`],
        ["rules/classification.config", "config classification: x,X,1\n"],
      ),
    { "test/rules/a.rules": `${rule(1)}\n# ${rule(2)}\n` },
  ],
  ["/plain.tar", () => tar(["a.rules", rule(1)]), { "test/a.rules": `${rule(1)}\n` }],
  ["/some.rules", async () => Buffer.from(rule(1)), { "test/some.rules": `${rule(1)}\n` }],
  ["/some.rules.gz", async () => gzipSync(rule(1)), { "test/some.rules": `${rule(1)}\n` }],
  [
    "/some.zip",
    async () => makeZip([{ name: "x/a.rules", content: Buffer.from(rule(1)) }]),
    { "test/x/a.rules": `${rule(1)}\n` },
  ],
];

for (const [path, make, files] of FORMS) {
  updates(`an archive ${path}`, async ({ server, directory }) => {
    server.files.set(path, await make());
    single(directory, server.url + path);
    const report = await run(directory);
    assert.equal(inForce(directory), files);
    assert.equal([report.sources[0]!.how, report.sources[0]!.unchecked], ["fetched", true]);
  });
}

updates("other files of an archive come along", async ({ server, directory }) => {
  server.files.set("/a.tar.gz", await tarGz(["rules/a.rules", rule(1)], ["rules/data.lst", "x\n"]));
  single(directory, `${server.url}/a.tar.gz`);
  await run(directory);
  assert.is(readFileSync(join(directory, "current/test/rules/data.lst"), "utf8"), "x\n");
});

const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

updates("an MD5 beside the archive is checked", async ({ server, directory }) => {
  const archive = await tarGz(["a.rules", rule(1)]);
  server.files.set("/a.tar.gz", archive);
  server.files.set("/a.tar.gz.md5", `${md5(archive)}  a.tar.gz\n`);
  single(directory, `${server.url}/a.tar.gz`);
  assert.is((await run(directory)).sources[0]!.unchecked, false);
  server.files.set("/a.tar.gz.md5", md5(Buffer.from("another")));
  await fails(run(directory, { force: true }), /source test: .*MD5 is .* its \.md5 file says/s);
});

updates("a SHA-256 that was given is checked", async ({ server, directory }) => {
  const archive = await tarGz(["a.rules", rule(1)]);
  server.files.set("/a.tar.gz", archive);
  single(directory, `${server.url}/a.tar.gz`, sha256(archive).toUpperCase());
  await run(directory);
  single(directory, `${server.url}/a.tar.gz`, sha256(Buffer.from("x")));
  await fails(run(directory), /its SHA-256 is/);
});

updates("what has not changed is not sent again", async ({ server, directory }) => {
  server.files.set("/a.tar.gz", await tarGz(["a.rules", rule(1)]));
  single(directory, `${server.url}/a.tar.gz`);
  await run(directory);
  assert.is((await run(directory)).sources[0]!.how, "unchanged");
  assert.is((await run(directory, { force: true })).sources[0]!.how, "fetched");
  assert.equal(
    server.log.filter((line) => line.startsWith("/a.tar.gz ")),
    ["/a.tar.gz 200", "/a.tar.gz 304", "/a.tar.gz 200"],
  );
});

updates("a damaged cache is fetched anew", async ({ server, directory }) => {
  server.files.set("/a.tar.gz", await tarGz(["a.rules", rule(1)]));
  single(directory, `${server.url}/a.tar.gz`);
  await run(directory);
  writeFileSync(join(directory, "cache/test.archive"), "garbage");
  assert.is((await run(directory)).sources[0]!.how, "fetched");
});

updates("redirects are followed, not from https to http", async ({ server, directory }) => {
  server.files.set("/a.rules", rule(1));
  server.files.set("/old", (_, response) => response.writeHead(302, { location: "/a.rules" }).end());
  server.files.set("/loop", (_, response) => response.writeHead(302, { location: "/loop" }).end());
  single(directory, `${server.url}/old`);
  await run(directory);
  single(directory, `${server.url}/loop`);
  await fails(run(directory), /redirected more than 5 times/);
});

updates("TLS: an authority that is trusted, and one that is not", async ({ server, directory }) => {
  const secure = await serve(true);
  try {
    secure.files.set("/a.rules", rule(1));
    secure.files.set("/down", (_, response) => response.writeHead(301, { location: `${server.url}/a.rules` }).end());
    single(directory, `${secure.url}/a.rules`);
    await fails(run(directory), /self.signed certificate/);
    await run(directory, { ca: CERTIFICATE });
    assert.equal(inForce(directory), { "test/a.rules": `${rule(1)}\n` });
    single(directory, `${secure.url}/down`);
    await fails(run(directory, { ca: CERTIFICATE }), /without TLS/);
  } finally {
    await secure.close();
  }
});

const BAD: readonly [name: string, serveIt: (server: RuleServer) => Promise<void>, message: RegExp][] = [
  ["a server that says no", async () => {}, /answers 404/],
  [
    "a download that breaks off",
    async ({ files }) => {
      const archive = await tarGz(["a.rules", rule(1)]);
      files.set("/bad", (_, response) => {
        response.writeHead(200, { "content-length": archive.length });
        response.write(archive.subarray(0, 40), () => response.destroy());
      });
    },
    /broke off after 40 bytes/,
  ],
  [
    "an archive that was cut off before it was published",
    async ({ files }) => void files.set("/bad", (await tarGz(["a.rules", rule(1).repeat(500)])).subarray(0, 90)),
    /damaged or cut off/,
  ],
  [
    "a tar that was cut off",
    async ({ files }) => void files.set("/bad", (await tar(["a.rules", "x".repeat(2000)])).subarray(0, 1100)),
    /cut off/,
  ],
  [
    "a name that leads out of the archive",
    async ({ files }) => void files.set("/bad", await tarGz(["a.rules", rule(1)], ["../../etc/evil.rules", rule(2)])),
    /leads out of the archive/,
  ],
  [
    "an absolute name",
    async ({ files }) => void files.set("/bad", await tarGz(["/etc/evil.rules", rule(2)])),
    /leads out of the archive/,
  ],
  [
    "a zip with a name that leads out",
    async ({ files }) => void files.set("/bad", makeZip([{ name: "../evil.rules", content: Buffer.from(rule(1)) }])),
    /invalid relative path|leads out/,
  ],
  [
    "a gzip bomb",
    async ({ files }) => void files.set("/bad", gzipSync(Buffer.alloc(8 << 20, "a"))),
    /unpacks to more than/,
  ],
  [
    "a tar bomb",
    async ({ files }) => void files.set("/bad", await tarGz(["a.rules", Buffer.alloc(5 << 20, "#")])),
    /unpacks to more than/,
  ],
  [
    "a zip bomb",
    async ({ files }) =>
      void files.set("/bad", makeZip([{ name: "a.rules", content: Buffer.from("#"), claimed: 5 << 20 }])),
    /unpacks to more than/,
  ],
  [
    "too many files",
    async ({ files }) =>
      void files.set(
        "/bad",
        await tarGz(...Array.from({ length: 51 }, (_, i) => [`${i}.rules`, ""] as [string, string])),
      ),
    /more than 50 files/,
  ],
  ["a download too large", async ({ files }) => void files.set("/bad", Buffer.alloc(2 << 20, "#")), /larger than/],
  [
    "a download too large that does not say so",
    async ({ files }) =>
      void files.set("/bad", (_, response) => {
        response.writeHead(200);
        response.write(Buffer.alloc(2 << 20, "#"), () => response.end());
      }),
    /larger than/,
  ],
  [
    "a server that falls silent",
    async ({ files }) => void files.set("/bad", (_, response) => void response.writeHead(200).write("#")),
    /sent nothing for 1 s/,
  ],
  ["a web page", async ({ files }) => void files.set("/bad", "<!DOCTYPE html><p>log in"), /a web page/],
  [
    "something binary",
    async ({ files }) => void files.set("/bad", Buffer.from([1, 2, 0, 3])),
    /neither an archive nor a text/,
  ],
  ["no rules", async ({ files }) => void files.set("/bad", await tarGz(["README", "hello"])), /holds no rule/],
];

for (const [name, serveIt, message] of BAD) {
  updates(`${name}: what was in force stays`, async ({ server, directory }) => {
    server.files.set("/good.rules", rule(7));
    single(directory, `${server.url}/good.rules`);
    await run(directory);
    const before = inForce(directory);
    await serveIt(server);
    writeSources(directory, withSource(readSources(directory), { name: "bad", url: `${server.url}/bad` }));
    await fails(run(directory), message);
    assert.equal(inForce(directory), before);
    assert.equal(readdirSync(join(directory, "sets")).length, 1);
    assert.equal(
      readdirSync(directory).filter((each) => each.endsWith(".new")),
      [],
    );
  });
}

updates("a server that is not there", async ({ directory }) => {
  single(directory, "http://127.0.0.1:1/a.rules");
  await fails(run(directory), /ECONNREFUSED/);
});

updates("links in an archive are passed over", async ({ server, directory }) => {
  const archive = await tarGz(["a.rules", rule(1)], [{ name: "b.rules", type: "symlink", linkname: "/etc/passwd" }]);
  server.files.set("/a.tar.gz", archive);
  single(directory, `${server.url}/a.tar.gz`);
  await run(directory);
  assert.equal(Object.keys(inForce(directory)), ["test/a.rules"]);
});

updates("files and folders are sources, too", async ({ directory }) => {
  const own = join(directory, "own");
  mkdirSync(own);
  writeFileSync(join(own, "local.rules"), rule(1));
  writeFileSync(join(own, "notes.txt"), "no rules");
  writeFileSync(join(directory, "x.tar.gz"), await tarGz(["b.rules", rule(2)]));
  writeSources(directory, [
    { name: "own", url: own },
    { name: "archive", url: join(directory, "x.tar.gz") },
  ]);
  await run(directory);
  assert.equal(inForce(directory), { "archive/b.rules": `${rule(2)}\n`, "own/local.rules": `${rule(1)}\n` });
});

updates("a mirror stands for all servers", async ({ server, directory }) => {
  const mirror = join(directory, "mirror");
  mkdirSync(mirror);
  const archive = await tarGz(["a.rules", rule(1)]);
  writeFileSync(join(mirror, "emerging.rules.tar.gz"), archive);
  writeFileSync(join(mirror, "emerging.rules.tar.gz.md5"), md5(archive));
  single(directory, `${server.url}/open/emerging.rules.tar.gz`);
  assert.is((await run(directory, { mirror })).sources[0]!.how, "read");
  assert.equal(server.log, []);
  switchRules(directory, "disable", ["re:nothing"]);
  assert.is((await refilterRules({ directory, limits }))!.sources[0]!.how, "kept");
  writeFileSync(join(mirror, "emerging.rules.tar.gz.md5"), md5(Buffer.from("other")));
  await fails(run(directory, { mirror }), /MD5/);
  rmSync(join(mirror, "emerging.rules.tar.gz"));
  await fails(run(directory, { mirror }), /mirror .* holds neither/);
});

updates(
  "disabled rules stay disabled over updates, and of two sources the higher revision counts",
  async ({ server, directory }) => {
    server.files.set("/a.rules", `${rule(1)}\n${rule(2)}\n`);
    server.files.set("/b.rules", `${rule(2, 5)}\n`);
    writeSources(directory, [
      { name: "a", url: `${server.url}/a.rules` },
      { name: "b", url: `${server.url}/b.rules` },
    ]);
    await run(directory);
    assert.equal(inForce(directory), { "a/a.rules": `${rule(1)}\n`, "b/b.rules": `${rule(2, 5)}\n` });
    switchRules(directory, "disable", ["1"]);
    await refilterRules({ directory, limits });
    assert.is(inForce(directory)["a/a.rules"], `# ${rule(1)}\n`);
    server.files.set("/a.rules", `${rule(1, 2)}\n`);
    await run(directory);
    assert.is(inForce(directory)["a/a.rules"], `# ${rule(1, 2)}\n`);
    switchRules(directory, "enable", ["1"]);
    await refilterRules({ directory, limits });
    assert.is(inForce(directory)["a/a.rules"], `${rule(1, 2)}\n`);
    assert.is(readFileSync(join(directory, "disable.conf"), "utf8"), "");
  },
);

updates("one source alone: the others stay as they were fetched last", async ({ server, directory }) => {
  server.files.set("/a.rules", rule(1));
  server.files.set("/b.rules", rule(2));
  writeSources(directory, [
    { name: "a", url: `${server.url}/a.rules` },
    { name: "b", url: `${server.url}/b.rules` },
  ]);
  await run(directory);
  server.files.clear();
  server.files.set("/a.rules", rule(1, 2));
  const { sources } = await run(directory, { only: ["a"] });
  assert.equal(
    sources.map(({ how }) => how),
    ["fetched", "kept"],
  );
  assert.equal(inForce(directory), { "a/a.rules": `${rule(1, 2)}\n`, "b/b.rules": `${rule(2)}\n` });
  await fails(run(directory, { only: ["c"] }), /no source c/);
});

updates("a wrong filter file ends the update before anything is fetched", async ({ server, directory }) => {
  single(directory, `${server.url}/a.rules`);
  writeFileSync(join(directory, "disable.conf"), "what is this\n");
  await fails(run(directory), /names no rules/);
  assert.equal(server.log, []);
});

updates("all rules disabled: what was in force stays", async ({ server, directory }) => {
  server.files.set("/a.rules", rule(1));
  single(directory, `${server.url}/a.rules`);
  await run(directory);
  writeFileSync(join(directory, "disable.conf"), "*\n");
  await fails(run(directory), /no rule would be in force/);
  assert.equal(inForce(directory), { "test/a.rules": `${rule(1)}\n` });
});

updates("only the set in force and the one before are kept", async ({ server, directory }) => {
  single(directory, `${server.url}/a.rules`);
  for (let rev = 1; rev <= 4; rev++) {
    server.files.set("/a.rules", rule(1, rev));
    await run(directory, { now: new Date(rev * 1000) });
  }
  assert.is(readdirSync(join(directory, "sets")).length, 2);
  assert.equal(inForce(directory), { "test/a.rules": `${rule(1, 4)}\n` });
});

updates.run();
