/** An Ethernet frame for a packet that answers another: the same tags, the addresses as they were or turned round. */
import { LinkType } from "../../../assembly/abi/codes.ts";
import { networkOffset } from "../../node/datapath/checksum.ts";

const SHORTEST = 60;

/** @param frame the frame that is answered @param onward the answer goes where that was going */
export function answerFrame(frame: Uint8Array, packet: Uint8Array, onward: boolean): Uint8Array {
  const head = Math.max(14, networkOffset(frame, LinkType.Ethernet));
  const bytes = new Uint8Array(Math.max(SHORTEST, head + packet.length));
  bytes.set(frame.subarray(0, head));
  if (!onward) {
    bytes.set(frame.subarray(6, 12), 0);
    bytes.set(frame.subarray(0, 6), 6);
  }
  bytes.set(packet, head);
  return bytes;
}
