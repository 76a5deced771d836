/** What `vpatch run` is told: traffic, failures, rules on disk, control, scan. Names of suricata.yaml where it has the setting. */
import { bool, choice, field, integer, list, optionalText, section, size, text, toggle } from "../field.ts";

const OPEN_OR_CLOSED = ["open", "closed"] as const;
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** An interval, in seconds: a number, or a number with a unit (`90s`, `10m`, `6h`, `1d`). */
function interval(doc: string, stock: number) {
  const schema = { type: ["integer", "string"], minimum: 0, pattern: "^\\s*[0-9]+\\s*[smhdw]?\\s*$" };
  const parse = (value: unknown): number => {
    const [, count, unit] = /(\d+)\s*([smhdw]?)/.exec(String(value)) ?? [];
    return Number(count) * SECONDS[(unit || "s") as keyof typeof SECONDS];
  };
  return field(doc, "seconds, or an interval such as 10m", schema, parse, stock);
}

const failure = (when: string) =>
  choice(`${when}: traffic passes (\`open\`) or does not (\`closed\`).`, OPEN_OR_CLOSED, "open");

/** Settings of the agent below `vpatch`. */
export const agentSettings = {
  mode: choice(
    "`detect` reports, `prevent` blocks. `vpatch mode` changes it in a running agent.",
    ["detect", "prevent"],
    "detect",
  ),
  driver: choice(
    "How frames are captured; `auto` takes the first that works for the mode.",
    ["auto", "af-packet", "nfqueue", "tcx", "bridge", "replay"],
    "auto",
  ),
  interfaces: list("Network interfaces to protect; the bridge takes two. For `replay`: captures.", []),
  workers: integer("Threads that inspect; a flow stays with one of them.", 1, { maximum: 64 }),
  failure: section("What happens to traffic that cannot be inspected.", {
    crash: failure("The agent has died"),
    freeze: failure("The agent lives, but does not answer"),
    overload: failure("There is more traffic than the agent can inspect"),
    start: failure("Before the first rules are in force"),
    stop: failure("After an orderly stop"),
  }),
  heartbeat: integer("Milliseconds without a sign of life before `failure.freeze` applies.", 300),
  policy: optionalText(
    "A policy file: what is in force and what it does (docs/policy.md). Its mode stands for `vpatch.mode`.",
  ),
  "strict-rules": bool("A rule that is refused makes the whole set bad: the one before stays in force.", false),
  "state-dir": text(
    "Where the agent keeps what must outlive it: identity, assignments, the last good rules.",
    "/var/lib/vpatch",
  ),
  "run-dir": text("Where the agent keeps what must not outlive the machine: what a driver has set up.", "/run/vpatch"),
  evidence: section(
    "Evidence of alerts and drops: the frames of a flow so far, from which `vpatch replay --evidence` has the same verdict again (docs/evidence.md). What stopped the core is always kept.",
    {
      enabled: bool("Keep it. Each worker copies every frame then.", false),
      events: choice(
        "Which events leave it: `all` alerts and drops, or what was `blocked`.",
        ["all", "blocked"],
        "all",
      ),
      directory: optionalText("Folder of the files. Left out: `evidence` in `vpatch.state-dir`."),
      "max-files": integer("Files kept; the oldest give way.", 1000),
      "max-size": size("Room all files may take; the oldest give way.", "512mb"),
      "per-minute": integer("Files written within a minute; more is counted and not kept.", 120),
      "flow-size": size("Frames kept of one flow: its first and its last.", "1mb"),
      memory: size("Frames each worker remembers; flows that were quiet longest give way.", "32mb"),
    },
  ),
  control: section("Who may control the agent, besides root.", {
    group: optionalText("Members of this group (a name or a number) may use the control socket."),
  }),
  metrics: section("Prometheus metrics and health over HTTP: `/metrics`, `/healthz`, `/readyz`.", {
    enabled: bool("Answer.", true),
    address: text("Address to listen on. There is no authentication: keep it local.", "127.0.0.1"),
    port: integer("Port.", 9474, { maximum: 65535 }),
  }),
  "self-test": section(
    "A harmless marked datagram through the live data path, which must be seen, and blocked in prevention.",
    {
      enabled: bool("Test.", true),
      interval: interval("Seconds between tests.", 300),
      timeout: integer("Milliseconds after which a datagram not seen counts as missed.", 2000),
    },
  ),
  scan: section("The recommended scan in the running agent; `vpatch scan` tells what it finds.", {
    enabled: bool("Scan, and put the rules in force that this machine needs.", false),
    interval: interval("Seconds between scans; changed packages are scanned at once.", 21_600),
    settle: integer("Milliseconds without a further change before changed packages are scanned.", 10_000),
    mode: choice(
      "What assigned rules do; `agent`: what the agent's mode says.",
      ["agent", "detect", "prevent"],
      "agent",
    ),
    apply: bool("Put rules in force; otherwise only recommend them.", true),
    "min-confidence": text("Least confidence, 0 to 1, to put a rule in force.", "0.8"),
    "disabled-rules": bool("Also choose rules that are shipped commented out.", false),
    walk: bool("Walk the file system: jars, language packages, products in unusual places.", true),
    root: text("The system to scan.", "/"),
    "rule-files": list(
      "Rules to choose from, as files or folders. Left out: the bundle's, and the packaged signatures.",
      [],
    ),
  }),
} as const;

/** Settings of suricata.yaml that an agent reads. */
export const processSettings = {
  "default-log-dir": text("Folder of the outputs.", "/var/log/vpatch"),
  "default-rule-path": optionalText("Folder that names in `rule-files` are relative to."),
  "rule-files": list("Rule files, or folders with them, that are always in force, besides what the scan assigns.", []),
  stats: section("Counters.", {
    enabled: bool("Write `stats` events.", true),
    interval: integer("Seconds between them.", 8),
    "decoder-events": bool("", true, { inert: true }),
    "decoder-events-prefix": text("", "decoder.event", { inert: true }),
    "stream-events": bool("", false, { inert: true }),
    "exception-policy": section("", { "per-app-proto-errors": bool("", false, { inert: true }) }),
  }),
  "unix-command": section("The control socket, which `vpatch status`, `mode`, `reload`, `events` and `stop` use.", {
    enabled: toggle("Listen.", ["auto"], "yes"),
    filename: text("Its path.", "/run/vpatch/vpatch.sock"),
  }),
  "pid-file": optionalText("File that holds the number of the agent's process while it runs."),
} as const;
