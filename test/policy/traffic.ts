/**
 * Ordinary captures in prevention mode with a posture: what its rules drop is told, and fails the run.
 *
 *     node --import tsx test/policy/traffic.ts FOLDER [normal|strict]
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { DropReason } from "../../assembly/abi/codes.ts";
import { EventType } from "../../assembly/abi/frames.ts";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";
import { applyPolicy } from "../../hosts/node/policy/effective.ts";
import { EMPTY_POLICY, type Posture } from "../../hosts/node/policy/policy.ts";
import { Replay } from "../../hosts/node/replay/replay.ts";
import { compileEffective } from "../../hosts/node/rules/compile.ts";

/** Captures that are attacks on parsers themselves. */
const HOSTILE = /fuzz|malformed|badpackets/;

const [folder = "", posture = "normal"] = process.argv.slice(2);
// Captures often begin in the middle of a connection: that is not what is looked for here.
const config = await makeConfiguration({ "exception-policy": "ignore" });
const { database } = compileEffective(applyPolicy([], { ...EMPTY_POLICY, posture: posture as Posture }), config);
const files = (readdirSync(folder, { recursive: true }) as string[])
  .filter((name) => /\.pcap(ng)?$/.test(name) && !HOSTILE.test(name))
  .sort();
let frames = 0;
const dropped: string[] = [];
for (const name of files) {
  const engine: Engine = new Engine({
    mode: "prevent",
    config,
    onEvent(event) {
      if (event.type !== EventType.Drop || event.reason !== DropReason.Rules || event.rule === undefined) return;
      const { sid, msg } = engine.rules[event.rule]!;
      dropped.push(`${basename(name)}: frame ${event.frame}: ${sid} ${msg}`);
    },
  });
  engine.load(database);
  const replay = new Replay(engine, {});
  try {
    await replay.capture(join(folder, name));
  } catch {
    // A capture of a link type that is not ours, or cut off: what came before counts.
  }
  frames += replay.finish().frames;
}
for (const line of dropped) console.log(line);
console.log(`${files.length} captures, ${frames} frames, posture ${posture}: ${dropped.length} dropped by its rules`);
if (files.length === 0 || dropped.length > 0) process.exitCode = 1;
