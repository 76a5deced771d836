/** Benign transfers by real programs, through every inline driver, IPv4 and IPv6: what arrives is what was sent. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent, SETUPS } from "./agent.ts";
import { INLINE } from "./drivers.ts";
import { Lab, SERVER4, SERVER6 } from "./lab.ts";
import { Services } from "./services.ts";
import { FOLDER, FULL, hook } from "./setting.ts";
import { SIGNATURES } from "./signatures.ts";

const GIGABYTE = 1 << 30;
const TSX = fileURLToPath(import.meta.resolve("tsx"));
const SOCKETS = fileURLToPath(new URL("./sockets.ts", import.meta.url));

function digest(file: string): Promise<string> {
  const hash = createHash("sha256");
  return new Promise((resolve, reject) => {
    createReadStream(file)
      .on("data", (bytes) => hash.update(bytes))
      .on("error", reject)
      .on("end", () => resolve(hash.digest("hex")));
  });
}

for (const driver of INLINE) {
  const test = suite(`transfers over ${driver}`);
  let lab: Lab;
  let agent: Agent;
  let services: Services;
  let big: string;
  test.before(
    hook(async () => {
      lab = new Lab(FOLDER, driver === "bridge");
      services = await Services.start(lab, GIGABYTE);
      agent = await Agent.start(lab, SETUPS[driver], { rules: SIGNATURES });
      big = await digest(join(services.folder, "www/big"));
    }),
  );
  test.after(
    hook(async () => {
      await agent?.stop();
      lab?.close();
    }),
  );

  test("a download of 1 GB", async () => {
    const { stdout } = await lab.shell("client", `curl -s http://${SERVER4}/big | sha256sum`);
    assert.is(stdout.split(" ")[0], big);
  });

  for (const [family, host] of [
    [4, SERVER4],
    [6, `[${SERVER6}]`],
  ] as const) {
    const address = family === 4 ? SERVER4 : SERVER6;
    const share = join(FOLDER, `got-${driver}-${family}`);

    test(`TLS over IPv${family}`, async () => {
      const { stdout } = await lab.shell(
        "client",
        `curl -g -s -k -r 0-99999999 https://${host}/big | sha256sum; head -c 100000000 ${services.folder}/www/big | sha256sum`,
      );
      const [got, sent] = stdout.split("\n");
      assert.is(got, sent);
    });

    test(`small requests over IPv${family}`, async () => {
      const count = family === 4 || FULL ? 10_000 : 1000;
      const { stdout } = await lab.run("client", "ab", "-q", "-n", String(count), "-c", "16", `http://${host}/small`);
      assert.match(stdout, new RegExp(`Complete requests: +${count}\\n`));
      assert.match(stdout, /Failed requests: +0\n/);
    });

    test(`an upload over IPv${family}`, async () => {
      const bytes = FULL ? GIGABYTE : 200_000_000;
      const { stdout } = await lab.shell(
        "client",
        `head -c ${bytes} ${services.folder}/www/big | curl -g -s -T - http://${host}:8081/upload; echo; head -c ${bytes} ${services.folder}/www/big | sha256sum`,
      );
      const [answer, sent] = stdout.split("\n");
      assert.is(answer, sent?.split(" ")[0]);
    });

    test(`WebSocket messages over IPv${family}`, async () => {
      const { stdout } = await lab.run("client", "node", "--import", TSX, SOCKETS, "echo", address, "300");
      assert.is(stdout, "300 messages\n");
    });

    test(`names over IPv${family}`, async () => {
      const ask = (...words: string[]) => lab.run("client", "dig", "+short", "+time=2", `@${address}`, ...words);
      assert.is((await ask("one.example", "A")).stdout, "192.0.2.7\n");
      assert.is((await ask("text.example", "TXT")).stdout, '"a text"\n');
      assert.is((await ask("+tcp", "many.example", "A")).stdout.trim().split("\n").length, 40);
    });

    test(`files over SMB and IPv${family}`, async () => {
      const script = `get file ${share}; put ${share} copy-${family}`;
      const said = await lab.run("client", "smbclient", "-N", `//${address}/share`, "-c", script);
      assert.is(said.status, 0, said.stdout + said.stderr);
      const wanted = await digest(join(services.folder, "share/file"));
      assert.is(await digest(share), wanted);
      assert.is(await digest(join(services.folder, `share/copy-${family}`)), wanted);
    });
  }

  test("nothing was dropped, nothing went by", async () => {
    const { dropped, rejected, bypassed, lost, errors } = await agent.stats();
    assert.equal(
      { dropped, rejected, bypassed, lost, errors },
      { dropped: 0, rejected: 0, bypassed: 0, lost: 0, errors: 0 },
    );
  });
  test.run();
}
