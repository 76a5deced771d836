/**
 * Mutated traffic: frames of captures, changed at random, go through the whole engine. It must not trap, and its memory must not grow.
 *
 *   node --import tsx test/fuzz/mutate.ts CAPTURE_FOLDER [FRAMES] [SEED]
 *
 * A frame is left alone, has up to eight bytes changed, is cut, or is sent twice; checksums are not checked, so that changed bytes reach the parsers.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCapture } from "../../hosts/node/capture/reader.ts";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { Engine, type FrameInput } from "../../hosts/node/engine/engine.ts";
import { compileRuleFiles } from "../../hosts/node/rules/compile.ts";

const [folder, wanted = "100000", seed = "1"] = process.argv.slice(2);
if (folder === undefined) throw new Error("give a folder of captures");

/** xorshift32 (Marsaglia): the same seed gives the same frames. */
let state = Number(seed) | 1;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

const PAYLOAD = 34;

/** A frame changed at random, or as it is. */
function mutated(frame: FrameInput): FrameInput {
  const kind = random(8);
  if (kind < 2 || frame.data.length <= PAYLOAD) return frame;
  if (kind === 2) return { ...frame, data: frame.data.subarray(0, PAYLOAD + random(frame.data.length - PAYLOAD)) };
  const data = Uint8Array.from(frame.data);
  const from = kind === 3 ? 0 : PAYLOAD;
  for (let n = 1 + random(8); n > 0; n--) data[from + random(data.length - from)] = random(256);
  return { ...frame, data };
}

const signatures = fileURLToPath(new URL("../../signatures", import.meta.url));
const config = await makeConfiguration({ stream: { "checksum-validation": false, midstream: true } });
const { database } = compileRuleFiles([signatures], config);
const captures: FrameInput[][] = [];
for (const name of readdirSync(folder).sort()) {
  const frames: FrameInput[] = [];
  try {
    for await (const piece of readCapture(join(folder, name))) {
      for (const frame of piece)
        frames.push({
          data: Uint8Array.from(frame.data),
          linkType: frame.linkType,
          timestamp: frame.seconds * 1_000_000 + Math.floor(frame.nanoseconds / 1000),
        });
    }
  } catch {
    // A damaged capture gives what came before the damage.
  }
  if (frames.length > 0 && frames.length < 4000) captures.push(frames);
}

const target = Number(wanted);
let inspected = 0;
let events = 0;
const engines = (["detect", "prevent"] as const).map((mode) => {
  const engine = new Engine({ mode, config, onEvent: () => events++ });
  engine.load(database);
  return engine;
});
const before = process.memoryUsage().rss;
for (let round = 0; inspected < target; round++) {
  const engine = engines[round % engines.length]!;
  for (const frames of captures) {
    for (const frame of frames) {
      const changed = mutated(frame);
      for (let copies = random(16) === 0 ? 2 : 1; copies > 0; copies--) {
        if (!engine.write(changed)) {
          engine.inspect();
          engine.write(changed);
        }
        inspected++;
      }
    }
    engine.inspect();
    if (inspected >= target) break;
  }
}
for (const engine of engines) engine.finish();
const grown = (process.memoryUsage().rss - before) / 1048576;
console.log(
  `${inspected} frames of ${captures.length} captures, ${events} events, no trap; resident memory grew by ${grown.toFixed(0)} MB`,
);
