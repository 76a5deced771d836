/** The control socket: requests and answers, who may ask, events that are followed, requests that are none. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { peerCredentials } from "../../hosts/linux/system/peer-credentials.ts";
import { ask, follow } from "../../hosts/node/control/client.ts";
import { type ControlOptions, ControlServer } from "../../hosts/node/control/server.ts";
import { VpatchError } from "../../hosts/node/errors.ts";
import { EveOutputs } from "../../hosts/node/output/eve-outputs.ts";

const test = suite<{ path: string; folder: string; server?: ControlServer }>("control socket");

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "vpatch-control-"));
  context.path = join(context.folder, "run", "vpatch.sock");
});
test.after.each(async (context) => {
  await context.server?.close();
  delete context.server;
  rmSync(context.folder, { recursive: true, force: true });
});

async function listen(context: { path: string; server?: ControlServer }, more: Partial<ControlOptions> = {}) {
  context.server = new ControlServer({
    path: context.path,
    peer: peerCredentials,
    answer: async (request) => request,
    follow: () => () => {},
    ...more,
  });
  await context.server.listen();
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, VpatchError);
    return `${(error as VpatchError).code}: ${(error as VpatchError).message}`;
  }
  return "no error";
}

/** What the agent answers to raw bytes, until it closes or `count` lines came. */
function exchange(path: string, text: string, count = 1): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(path, () => socket.write(text));
    socket.on("data", (data) => {
      received += data;
      if (received.split("\n").length > count) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(received.split("\n").slice(0, -1)));
  });
}

test("a request is answered; the answer bears its id", async (context) => {
  await listen(context);
  assert.equal(await ask(context.path, { command: "mode", mode: "prevent" }), { command: "mode", mode: "prevent" });
  const answers = await exchange(context.path, '{"id":1,"command":"status"}\n{"id":2,"command":"reload"}\n', 2);
  assert.equal(
    answers.map((each) => JSON.parse(each).id),
    [1, 2],
  );
});

test("only the owner may connect; a group's members, when one is set", async (context) => {
  await listen(context);
  assert.is(statSync(context.path).mode & 0o777, 0o600);
  await context.server!.close();
  await listen(context, { group: process.getgid!() });
  assert.is(statSync(context.path).mode & 0o777, 0o660);
});

test("the kernel says who asks", async (context) => {
  const peers: number[][] = [];
  await listen(context, {
    answer: async (_request, { pid, uid, groups }) => peers.push([pid, uid, groups[0]!]),
  });
  await ask(context.path, { command: "status" });
  assert.equal(peers, [[process.pid, process.getuid!(), process.getgid!()]]);
});

for (const [name, peer, admitted] of [
  ["root", { uid: 0, groups: [0] }, true],
  ["another user", { uid: 54_321, groups: [54_321] }, false],
  ["a member of the group", { uid: 54_321, groups: [1, 4_242] }, true],
] as const) {
  test(`${name}: ${admitted ? "admitted" : "refused"}`, async (context) => {
    const problems: string[] = [];
    const options = {
      group: 4_242,
      peer: () => ({ pid: 1, ...peer }),
      onProblem: (text: string) => problems.push(text),
    };
    // The group of the test's file system need not exist.
    if (process.getuid!() !== 0) return;
    await listen(context, options);
    const refused = await refusal(ask(context.path, { command: "status" }));
    assert.is(refused, admitted ? "no error" : "VPATCH_CONTROL: user 54321 may not control the agent");
    assert.equal(problems, admitted ? [] : ["control: refused user 54321 (process 1)"]);
  });
}

for (const [request, expected] of [
  ["nonsense", "the request is not JSON"],
  ['{"command":"dance"}', "no such command; there are status, mode, reload, scan, self-test, events, stop"],
  ["[]", "no such command; there are status, mode, reload, scan, self-test, events, stop"],
  ['{"command":"mode","mode":"maybe"}', "mode: mode must be equal to one of the allowed values"],
  ['{"command":"events","types":"alert"}', "events: types must be array"],
] as const) {
  test(`refused: ${request}`, async (context) => {
    await listen(context);
    const [answer] = await exchange(context.path, `${request}\n`);
    assert.equal(JSON.parse(answer!), { ok: false, error: { code: "VPATCH_CONTROL", message: expected } });
  });
}

test("a request without end is cut off", async (context) => {
  await listen(context);
  const [answer] = await exchange(context.path, "x".repeat(200_000), 2);
  assert.match(answer!, "the request is too long");
});

test("an agent's error comes out as it went in", async (context) => {
  await listen(context, {
    answer: async () => {
      throw new VpatchError("VPATCH_RULES", "no rule file", { remedy: "give one" });
    },
  });
  assert.is(await refusal(ask(context.path, { command: "reload" })), "VPATCH_RULES: no rule file");
});

test("events are followed, by type, until the agent ends", async (context) => {
  const outputs = new EveOutputs();
  let following = 0;
  await listen(context, {
    follow: (follower) => {
      following++;
      return outputs.follow(follower);
    },
  });
  const lines: string[] = [];
  const done = (async () => {
    for await (const line of follow(context.path, ["alert"])) lines.push(line);
  })();
  while (following === 0) await new Promise(setImmediate);
  outputs.write('{"event_type":"alert","n":1}\n{"event_type":"flow"}\n');
  outputs.write('{"event_type":"alert","n":2}\n');
  await context.server!.close();
  await done;
  assert.equal(lines, ['{"event_type":"alert","n":1}', '{"event_type":"alert","n":2}']);
});

test("no agent, and a second agent", async (context) => {
  assert.is(await refusal(ask(context.path, { command: "status" })), "VPATCH_CONTROL: no agent answers");
  await listen(context);
  const second = new ControlServer({
    path: context.path,
    peer: peerCredentials,
    answer: async () => {},
    follow: () => () => {},
  });
  assert.is(await refusal(second.listen()), "VPATCH_CONTROL: another agent listens on the control socket");
});

test("a socket left behind by a crash is taken over", async (context) => {
  await listen(context);
  const { path } = context;
  await context.server!.close();
  // What a killed agent leaves: the path without a listener.
  const program = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", program]);
  assert.ok(statSync(path).isSocket());
  await listen(context);
  await ask(path, { command: "status" });
});

test.run();
