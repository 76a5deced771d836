/** Faults to simulate: Suricata's debugging options by their own names (manual, "Command-line Options for Simulating Exceptions"). */
import { bool, optionalInteger, section } from "../field.ts";

const frame = (what: string) => optionalInteger(`${what} at the frame with this number (\`pcap_cnt\`).`);

export const simulate = section("Faults to simulate, to try exception policies out.", {
  "applayer-error-at-offset-ts": optionalInteger("A parser fails at this byte of what goes to the server."),
  "applayer-error-at-offset-tc": optionalInteger("A parser fails at this byte of what goes to the client."),
  "packet-loss": frame("A packet is lost before the stream engine sees it,"),
  "packet-tcp-reassembly-memcap": frame("The memcap of TCP reassembly is reached"),
  "packet-tcp-ssn-memcap": frame("The memcap of TCP sessions is reached"),
  "packet-flow-memcap": frame("The memcap of flows is reached"),
  "packet-defrag-memcap": frame("The memcap of defragmentation is reached"),
  "core-stop": frame("Of our own: the core stops, as a defect would make it,"),
  "core-hang": frame("Of our own: the core does not come back,"),
  "alert-queue-realloc-failure": bool("The queue of a packet's alerts does not grow.", false),
});
