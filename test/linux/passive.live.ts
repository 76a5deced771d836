/**
 * The passive driver, `af-packet`: it sees every attack of the corpus over real sockets, on either family and behind a VLAN tag, and changes
 * nothing: not the traffic, not its speed to end, not when the agent dies.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCases } from "../../corpus/case.ts";
import { Agent, SETUPS } from "./agent.ts";
import { Lab, SERVER4, sleep, until } from "./lab.ts";
import { longestGap, Peers } from "./peers.ts";
import { Services } from "./services.ts";
import { FOLDER, hook } from "./setting.ts";
import { SIGNATURES } from "./signatures.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const attacks = readCases(join(root, "corpus/attacks")).filter(({ expect }) => expect.drop.length > 0);
const TAGGED = 'alert udp any any -> any 7100 (msg:"tagged"; content:"tagged attack"; vlan.id:7; sid:9000002;)\n';
const LARGE =
  'alert http any any -> any any (msg:"large"; http.stat_code; content:"200"; http.response_body; content:"|00|"; sid:9000003;)\n';

/** A datagram to port 7100 in VLAN 7, as no kernel without VLANs would send it. */
const TAGGED_FRAME = `
import socket, struct
payload = b"a tagged attack"
udp = struct.pack("!HHHH", 7000, 7100, 8 + len(payload), 0) + payload
ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes([10, 99, 0, 1]), bytes([10, 99, 0, 2]))
total = sum(struct.unpack("!10H", ip))
total = (total & 0xffff) + (total >> 16)
ip = ip[:10] + struct.pack("!H", ~total & 0xffff) + ip[12:]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
s.send(bytes.fromhex("ffffffffffff020000000001") + struct.pack("!HHH", 0x8100, 7, 0x0800) + ip + udp)
`;

const test = suite("passive with af-packet");
const setup = SETUPS["af-packet"];
let lab: Lab;
let peers: Peers;
test.before(
  hook(async () => {
    lab = new Lab(FOLDER);
    peers = await Peers.start(lab);
  }),
);
test.after.each(() => Agent.endAll());
test.after(hook(() => lab?.close()));

for (const family of [4, 6] as const) {
  test(`every attack over IPv${family} is an alert, and arrives whole`, async () => {
    const agent = await Agent.start(lab, setup, { rules: SIGNATURES, mode: "detect" });
    const outcomes = await Promise.all(attacks.map((found) => peers.playCase(found, family)));
    const names = (found: typeof attacks): string[] => found.map(({ name }) => name);
    const cut = attacks.filter((_, index) => outcomes[index]!.some(({ sent, reached }) => !reached.equals(sent)));
    assert.equal(names(cut), [], "attacks that did not arrive");
    const silent = (): typeof attacks => {
      const alerts = agent.alerts();
      return attacks.filter(({ expect }) => !expect.drop.every((sid) => alerts.has(sid)));
    };
    await until("every attack is told", () => silent().length === 0).catch(() => undefined);
    assert.equal(names(silent()), [], "attacks without an alert");
    const { dropped, rejected, modified, lost, errors } = await agent.stats();
    assert.equal([dropped, rejected, modified, lost, errors], [0, 0, 0, 0, 0]);
  });
}

test("a VLAN tag that the kernel took out is there again", async () => {
  const agent = await Agent.start(lab, setup, { rules: TAGGED, mode: "detect" });
  const { stderr } = await lab.run("client", "python3", "-c", TAGGED_FRAME);
  assert.is(stderr, "");
  await until("the alert", () => agent.alerts().has(9_000_002));
  assert.equal(agent.events().find(({ alert }) => alert?.signature_id === 9_000_002)?.vlan, [7]);
});

test("a download with large segments and unfinished checksums is the same, and inspected", async () => {
  const other = new Lab(FOLDER);
  try {
    const { folder } = await Services.start(other, 64 << 20);
    const agent = await Agent.start(other, setup, { rules: LARGE, mode: "detect" });
    const { stdout } = await other.shell(
      "client",
      `curl -s --limit-rate 30m http://${SERVER4}/big | cmp - ${folder}/www/big && echo same`,
    );
    assert.is(stdout, "same\n");
    await until("the alert", () => agent.alerts().has(9_000_003));
    assert.is((await agent.stats()).oversized, 0);
    await agent.stop();
  } finally {
    other.close();
  }
});

test("killed, stopped and started: traffic notices nothing", async () => {
  const agent = await Agent.start(lab, setup, { rules: SIGNATURES, mode: "detect" });
  const begun = Date.now();
  const { times } = await peers.probe(4, async () => {
    await sleep(500);
    await agent.kill();
    await sleep(500);
    const next = await Agent.start(lab, setup, { rules: SIGNATURES, mode: "detect" });
    next.signal("SIGSTOP");
    await sleep(500);
    next.signal("SIGCONT");
    await next.stop();
  });
  const gap = longestGap(times, begun + 300, times.at(-1)!);
  assert.ok(gap < 300, `${gap} ms without traffic`);
});

test.run();
