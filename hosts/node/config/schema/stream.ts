/** `stream`, `flow`, `flow-timeouts`, `defrag`, `host-os-policy`: everything that follows connections. */
import { bool, choice, field, integer, list, section, size, toggle } from "../field.ts";
import { exceptionPolicy } from "./policies.ts";

const reassembly = section("TCP reassembly.", {
  memcap: size("Memory for reassembly, all streams together.", "256mb", { builtin: "256mb" }),
  "memcap-policy": exceptionPolicy("When the reassembly memcap is reached."),
  depth: size("Bytes of a stream direction that are reassembled; 0 is without limit.", "1mb", { builtin: 0 }),
  "toserver-chunk-size": size("Bytes towards the server inspected at once in raw reassembly.", 2560),
  "toclient-chunk-size": size("Bytes towards the client inspected at once in raw reassembly.", 2560),
  "randomize-chunk-size": bool("Vary the chunk sizes. The core is deterministic: they are never varied.", true, {
    inert: true,
  }),
  "randomize-chunk-range": integer("Range of that variation, in percent.", 10, { inert: true }),
  raw: bool("Inspect raw stream data.", true),
  "segment-prealloc": integer("Segments allocated at start.", 2048, { inert: true }),
  "check-overlap-different-data": bool("Report retransmissions that differ.", true, { builtin: true, inert: true }),
  "max-regions": integer("Regions (gaps) of one stream direction that are kept; 0 is without limit.", 8, {
    builtin: 8,
  }),
  urgent: section("TCP urgent data (RFC 6093).", {
    policy: choice(
      "What is done with urgent data. In prevention it is inspected in line and goes on without its flag, unless this says drop.",
      ["oob", "inline", "drop", "gap"],
      "oob",
      { builtin: "oob" },
    ),
    "oob-limit-policy": choice(
      "What is done when a stream sends more out-of-band data than can be followed.",
      ["drop", "inline", "gap"],
      "drop",
    ),
  }),
});

export const stream = section("The TCP stream engine.", {
  memcap: size("Memory for TCP sessions.", "64mb"),
  "memcap-policy": exceptionPolicy("When the session memcap is reached."),
  "max-sessions": integer("Sessions at most.", 262144, { inert: true }),
  "prealloc-sessions": integer("Sessions allocated at start.", 2048, { inert: true }),
  midstream: bool("Follow connections whose start was not seen.", false),
  "midstream-policy": exceptionPolicy("When a connection's start was not seen."),
  "async-oneside": bool("Follow connections of which one direction only is seen.", false),
  inline: toggle("Inspect data before it is acknowledged. `auto`: in prevention.", ["auto"], "auto"),
  bypass: bool("Stop inspecting a flow once its stream depth is reached.", false),
  "drop-invalid": bool("In prevention, drop packets that the stream engine finds invalid.", true),
  "checksum-validation": bool("Leave out packets whose checksum is wrong.", true),
  "max-syn-queued": integer("SYN packets of a connection that are kept apart.", 10),
  "max-synack-queued": integer("SYN/ACK packets of a connection that are kept apart.", 5),
  "liberal-timestamps": bool("Accept timestamps that go back.", false, { inert: true }),
  reassembly,
});

export const defrag = section("IP defragmentation.", {
  memcap: size("Memory for fragments.", "32mb"),
  "memcap-policy": exceptionPolicy("When the defragmentation memcap is reached."),
  "hash-size": integer("Slots of the tracker table.", 65536, { inert: true }),
  trackers: integer("Datagrams followed at once.", 65535),
  "max-frags": integer("Fragments kept at once.", 65535, { inert: true }),
  prealloc: field(
    "Allocate at start. Always so here.",
    "yes or no, or a number",
    { type: ["boolean", "integer", "string"] },
    () => undefined,
    undefined,
    { inert: true },
  ),
  timeout: integer("Seconds after which an incomplete datagram is given up.", 60),
});

export const flow = section("The flow table.", {
  memcap: size("Memory for flows.", "128mb"),
  "memcap-policy": exceptionPolicy("When the flow memcap is reached."),
  "hash-size": integer("Slots of the flow table.", 65536, { inert: true }),
  prealloc: integer("Flows allocated at start. All of them here.", 10000, { inert: true }),
  "emergency-recovery": integer("Percent of free flows that end emergency mode.", 30, { inert: true }),
  managers: integer("Threads.", 1, { inert: true }),
  recyclers: integer("Threads.", 1, { inert: true }),
  "rate-tracking": section("Elephant flow detection.", {
    bytes: size("Bytes that make an elephant flow.", "1gb", { inert: true }),
    interval: integer("Seconds in which they pass.", 10, { inert: true }),
  }),
});

interface Times {
  new: number;
  established: number;
  closed: number;
  bypassed: number;
}

function timeouts(proto: string, stock: Times, builtin: Partial<Times> = {}) {
  const seconds = (key: keyof Times) => (key in builtin ? { builtin: builtin[key]! } : {});
  return section(`Seconds of silence after which a ${proto} flow ends.`, {
    new: integer("Only one side was heard.", stock.new, seconds("new")),
    established: integer("Both sides were heard.", stock.established, seconds("established")),
    closed: integer("The connection was closed.", stock.closed, { ...seconds("closed"), inert: proto !== "TCP" }),
    bypassed: integer("The flow is bypassed.", stock.bypassed, seconds("bypassed")),
    "emergency-new": integer("As `new`, when the flow table is full.", 10, { inert: true }),
    "emergency-established": integer("As `established`, when the flow table is full.", 100, { inert: true }),
    "emergency-closed": integer("As `closed`, when the flow table is full.", 10, { inert: true }),
    "emergency-bypassed": integer("As `bypassed`, when the flow table is full.", 50, { inert: true }),
  });
}

export const flowTimeouts = section("When flows end.", {
  default: timeouts("other", { new: 30, established: 300, closed: 0, bypassed: 100 }),
  tcp: timeouts(
    "TCP",
    { new: 60, established: 600, closed: 60, bypassed: 100 },
    { new: 30, established: 300, closed: 10 },
  ),
  udp: timeouts("UDP", { new: 30, established: 300, closed: 0, bypassed: 100 }),
  icmp: timeouts("ICMP", { new: 30, established: 300, closed: 0, bypassed: 100 }),
});

const hosts = (doc: string, stock: readonly string[] = []) => list(doc, stock, { builtin: [] });

export const hostOsPolicy = section(
  "How the protected hosts resolve overlapping segments and fragments: addresses and networks by system.",
  {
    windows: hosts("Windows.", ["0.0.0.0/0"]),
    bsd: hosts("BSD."),
    "bsd-right": hosts("BSD, right."),
    "old-linux": hosts("Linux before 2.4."),
    linux: hosts("Linux."),
    "old-solaris": hosts("Solaris before 2.6."),
    solaris: hosts("Solaris."),
    hpux10: hosts("HP-UX 10."),
    hpux11: hosts("HP-UX 11."),
    irix: hosts("IRIX."),
    macos: hosts("macOS."),
    vista: hosts("Windows Vista."),
    windows2k3: hosts("Windows 2003."),
  },
);
