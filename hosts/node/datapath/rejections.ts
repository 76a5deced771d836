/** Which answers the rejected frames of a batch get: the rule says to whom, in the alert record of its frame. */
import { Action, Verdict } from "../../../assembly/abi/codes.ts";
import { EventRecord, EventType } from "../../../assembly/abi/frames.ts";
import type { Reply } from "../driver/driver.ts";
import type { FrameBatch } from "../engine/batch.ts";
import { rejectPackets } from "./reject.ts";

const NONE: readonly Reply[] = [];

export class Rejections {
  /** Action of the packet, by frame number. */
  private readonly actions = new Map<number, Action>();

  reset(): void {
    if (this.actions.size > 0) this.actions.clear();
  }

  /** Takes note of the event records of a batch. */
  note(records: Uint8Array): void {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    for (let at = 0; at + EventRecord.size <= records.length; ) {
      const type = view.getUint16(at + EventRecord.type, true);
      const action = view.getUint8(at + EventRecord.packetAction);
      if ((type === EventType.Alert || type === EventType.Drop) && action >= Action.Reject)
        this.actions.set(Number(view.getBigUint64(at + EventRecord.frame, true)), action);
      at += Math.max(8, view.getUint32(at + EventRecord.length, true));
    }
  }

  /** The answers to the frames with `Verdict.Reject`. Without a record (an exception policy) the sender gets one. */
  replies(batch: FrameBatch, verdicts: Uint8Array): readonly Reply[] {
    let replies: Reply[] | undefined;
    for (let index = 0; index < verdicts.length; index++) {
      if (verdicts[index] !== Verdict.Reject) continue;
      const action = this.actions.get(batch.number(index)) ?? Action.Reject;
      replies ??= [];
      for (const { packet, onward } of rejectPackets(batch.frame(index), batch.linkType(index), action))
        replies.push({ frame: index, packet, onward });
    }
    return replies ?? NONE;
  }
}
