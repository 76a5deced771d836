/**
 * Several workers, by the balance of netfilter queues and by the fanout of packet sockets: both directions of a flow, and all of it, go through
 * one of them. Seen in three ways: an attack cut into two segments is found, each connection is told as one flow with packets of both
 * directions, and more than one worker had traffic.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Agent, type EveEvent, SETUPS } from "./agent.ts";
import { INLINE } from "./drivers.ts";
import { Lab, SERVER4, SERVER6 } from "./lab.ts";
import { FOLDER, hook } from "./setting.ts";
import { listen, PORT, RULE } from "./talking.ts";

const WORKERS = 3;
/** Clients: the balance of queues looks at addresses alone. */
const CLIENTS = 24;
const EVENTS = { outputs: [{ "eve-log": { enabled: true, types: ["alert", "flow"] } }] };

/** From each address a greeting in two parts, and an attack in two segments; counts what was echoed. */
const CLIENT = `
import json, socket, sys, threading, time
server, port = sys.argv[1], ${PORT}
answered = {"greetings": 0, "attacks": 0}
def talk(source, parts, kind):
    s = socket.create_connection((server, port), 5, (source, 0))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.settimeout(1.5)
    try:
        got = b""
        for part in parts:
            s.send(part)
            time.sleep(0.1)
        while len(got) < sum(map(len, parts)):
            more = s.recv(100)
            if not more: break
            got += more
        if got == b"".join(parts): answered[kind] += 1
    except OSError: pass
    s.close()
threads = [threading.Thread(target=talk, args=(source, parts, kind)) for source in sys.argv[2:]
    for kind, parts in (("greetings", [b"good ", b"morning"]), ("attacks", [b"this is an att", b"ack!"]))]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps(answered))
`;

const ways = [
  ...(INLINE.includes("nfqueue") ? [{ driver: "nfqueue", mode: "prevent" } as const] : []),
  { driver: "af-packet", mode: "detect" } as const,
];

for (const { driver, mode } of ways) {
  const test = suite(`${WORKERS} workers with ${driver}`);
  let lab: Lab;
  test.before(
    hook(async () => {
      lab = new Lab(FOLDER);
      const adds = Array.from(
        { length: CLIENTS },
        (_, index) =>
          `ip addr add 10.99.0.${20 + index}/24 dev eth0; ip addr add fd99::${20 + index}/64 dev eth0 nodad;`,
      );
      await lab.shell("client", adds.join(" "));
      await listen(lab);
    }),
  );
  test.after.each(() => Agent.endAll());
  test.after(hook(() => lab?.close()));

  for (const [family, server, prefix] of [
    [4, SERVER4, "10.99.0."],
    [6, SERVER6, "fd99::"],
  ] as const) {
    test(`IPv${family}: a flow stays with one worker`, async () => {
      const agent = await Agent.start(lab, SETUPS[driver], { rules: RULE, mode, workers: WORKERS, config: EVENTS });
      const sources = Array.from({ length: CLIENTS }, (_, index) => `${prefix}${20 + index}`);
      const { stdout, stderr } = await lab.run("client", "python3", "-c", CLIENT, server, ...sources);
      assert.is(stderr, "");
      assert.equal(JSON.parse(stdout), { greetings: CLIENTS, attacks: mode === "prevent" ? 0 : CLIENTS });
      const { perWorker } = await agent.stats();
      await agent.stop();
      assert.is(perWorker.length, WORKERS);
      assert.ok(
        perWorker.filter((frames) => frames > 20).length >= 2,
        `frames of the workers: ${perWorker.join(", ")}`,
      );

      const events = agent.events();
      const attacked = events.filter(({ event_type: type }) => type === "alert").map(endOf);
      assert.is(new Set(attacked).size, CLIENTS, "each attack is an alert");
      // What the other family's attackers still send again is none of these connections.
      const mine = ({ src_ip }: EveEvent) => (src_ip as string).includes(":") === (family === 6);
      const flows = events.filter((event) => event.event_type === "flow" && event.dest_port === PORT && mine(event));
      assert.is(flows.length, 2 * CLIENTS, "each connection is one flow");
      assert.is(new Set(flows.map(endOf)).size, 2 * CLIENTS);
      const oneSided = flows.filter(({ flow }) => {
        const { pkts_toserver: out, pkts_toclient: back } = flow as { pkts_toserver: number; pkts_toclient: number };
        return out === 0 || back === 0;
      });
      assert.equal(oneSided.map(endOf), [], "flows of which a worker had one direction");
    });
  }
  test.run();
}

function endOf({ src_ip, src_port }: EveEvent): string {
  return `${src_ip} ${src_port}`;
}
