/** `vpatch`: settings that suricata.yaml has no counterpart for. */
import { integer, section, size, text } from "../field.ts";
import { agentSettings } from "./agent.ts";
import { exceptionPolicy } from "./policies.ts";
import { simulate } from "./simulate.ts";

export const vpatch = section("What has no counterpart in suricata.yaml.", {
  ...agentSettings,
  capacity: section(
    "Sizes of the core's pools. All memory is taken at start; the exception policies say what happens when a pool is full.",
    {
      frames: integer("Frames inspected in one call.", 256),
      "frame-bytes": size("Room for the frames of one call.", "4mb"),
      "event-bytes": size("Room for the events of one call.", "4mb"),
      "database-bytes": size("Room for a rule database; two are held while one replaces the other.", "32mb"),
      "heap-bytes": size("Room for stream data, protocol state and fragments.", "64mb"),
      flows: integer("Flows followed at once.", 65536),
      sessions: integer("TCP sessions followed at once.", 32768),
      "rule-state": integer("Records of rule state: flow bits, thresholds, transaction state.", 65536),
    },
  ),
  rules: section("Rules from the field: `vpatch rules`.", {
    directory: text("Sources, filters, archives and the set in force (`current` below it).", "/var/lib/vpatch/rules"),
  }),
  "hash-seed": integer(
    "Seed of the core's hash tables. One seed, one result: set it apart on every machine that faces the open network.",
    0,
  ),
  budget: section("Bounded cost.", {
    packet: integer("Cost units one packet may spend (a unit: a byte scanned); 0 is without limit.", 20_000_000),
    flow: integer("Cost units the packets of one flow may spend within a second of traffic; 0 is without limit.", 0),
    rule: integer("Cost units one rule may spend within a second of traffic; 0 is without limit.", 500_000_000),
    suspend: integer("Seconds of traffic for which a rule that spent more is not checked.", 10),
    policy: exceptionPolicy("When a packet or flow exceeds its budget."),
  }),
  simulate,
});
