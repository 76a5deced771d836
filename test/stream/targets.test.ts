/**
 * Overlaps by target: random segments with random content, against a model that keeps every segment and every byte. The model states
 * the rules target by target, as "Target-Based TCP Stream Reassembly" (Novak and Sturges, 2007) does.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TargetOs } from "../../assembly/abi/settings.ts";
import { StreamRoom } from "./driver.ts";
import { Random } from "./random.ts";

type Os = keyof typeof TargetOs;
interface Range {
  from: number;
  to: number;
}

/** Targets that keep the new bytes where a segment begins before an older one, whatever its end. */
const EARLIER_WINS: Os[] = ["Bsd", "Hpux10", "Irix", "Windows", "Windows2k3", "OldLinux", "Linux", "Macos", "BsdRight"];
/** Targets that judge by the end: what reaches as far as the older one, or further. */
const END_DECIDES: Os[] = ["Solaris", "OldSolaris", "Hpux11"];

function newWins(os: Os, fresh: Range, old: Range): boolean {
  if (os === "Last") return true;
  if (fresh.from < old.from) return EARLIER_WINS.includes(os) || (END_DECIDES.includes(os) && fresh.to >= old.to);
  if (fresh.from > old.from) return END_DECIDES.includes(os) && fresh.to > old.to;
  if (fresh.to < old.to) return false;
  if (END_DECIDES.includes(os) || os === "OldLinux") return true;
  return os === "Linux" && fresh.to > old.to;
}

class Model {
  readonly bytes: Int16Array;
  readonly segments: Range[] = [];

  constructor(length: number) {
    this.bytes = new Int16Array(length).fill(-1);
  }

  /** True when the segment differs from what is held. */
  take(os: Os, fresh: Range, data: Uint8Array): boolean {
    const result = Int16Array.from(data);
    let differs = false;
    for (const old of this.segments) {
      const from = Math.max(old.from, fresh.from);
      const to = Math.min(old.to, fresh.to);
      let different = false;
      for (let i = from; i < to; i++) different ||= this.bytes[i] !== data[i - fresh.from];
      differs ||= different;
      if (!different || newWins(os, fresh, old)) continue;
      for (let i = from; i < to; i++) result[i - fresh.from] = this.bytes[i] ?? -1;
    }
    this.bytes.set(result, fresh.from);
    this.segments.push(fresh);
    return differs;
  }
}

const targets = suite("stream/targets");

for (const os of Object.keys(TargetOs).filter((name) => Number.isNaN(Number(name))) as Os[]) {
  targets(`the bytes ${os} ends up with`, async () => {
    const room = await StreamRoom.open({ HostOs: TargetOs[os] });
    for (let round = 0; round < 40; round++) {
      const random = new Random(round);
      const length = 8 + random.below(40);
      const model = new Model(length);
      room.send({ direction: 0, flags: "S", seq: 999 });
      room.send({ direction: 1, flags: "SA", seq: 499, ack: 1000 });
      room.send({ direction: 0, flags: "A", seq: 1000, ack: 500 });
      const send = (from: number, to: number) => {
        const data = Buffer.from(random.bytes(to - from).map((byte) => 97 + (byte & 1)));
        const segment = { direction: 0, flags: "PA", seq: 1000 + from, ack: 500, data };
        const different = model.take(os, { from, to }, data);
        assert.is(room.send(segment).events.includes("reassembly_overlap_different_data"), different, `round ${round}`);
      };
      for (let i = 0; i < 12; i++) {
        const from = random.below(length - 3);
        send(from, Math.min(length, from + 2 + random.below(12)));
      }
      send(0, length);
      const { app } = room.send({ direction: 1, flags: "A", seq: 500, ack: 1000 + length });
      const got = Buffer.concat(app.map((piece) => piece.data)).toString();
      assert.is(got, Buffer.from(model.bytes).toString(), `round ${round}`);
      room.call["end"]?.();
    }
  });
}

targets.run();
