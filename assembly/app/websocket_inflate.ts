/**
 * permessage-deflate of WebSocket (RFC 7692): a message, compressed as a whole, unpacked with what the messages before it left in the
 * window. As in Suricata nobody asks whether the extension was agreed upon: a frame that says it is compressed is taken at its word.
 */
import { Cost } from "../abi/cost";
import { INFLATE_SIZE, Inflate, InflateFraming, inflateBegin, inflateStep } from "../codec/inflate";
import { CodecStatus } from "../codec/status";
import { Account, acquire } from "../memory/heap";
import { spend } from "../verdict/cost";

/** Longest message that is kept; see Setting.WebsocketMaxPayload. */
export const LONGEST: u32 = 65535;
/** What one message may unpack to, kept or not: Suricata's limit for a frame of HTTP/2. */
const BOMB_LIMIT: u32 = 1 << 20;
/** Room for what is not kept. */
const REST: u32 = 8192;

/** The message unpacked last: its first bytes, and what it would have been. */
export let unpackedLength: u32 = 0;
export let isBomb: bool = false;
export const unpacked: usize = memory.data(65536 + 64, 8);
const rest: usize = memory.data(8192, 8);
/** The end of a block that the sender left out (section 7.2.2). */
const blockEnd: usize = memory.data<u8>([0, 0, 0xff, 0xff]);

let total: u32 = 0;

/** A direction's window and tables; 0 without memory. */
export function openUnpacker(): usize {
  const region = acquire(Account.App, <u32>INFLATE_SIZE);
  if (region != 0) inflateBegin(region, InflateFraming.Raw);
  return region;
}

/** Unpacks a message into `unpacked`, `kept` bytes of it at most. False: what comes behind it cannot be unpacked any more. */
export function unpackMessage(region: usize, data: usize, length: u32, kept: u32): bool {
  total = 0;
  isBomb = false;
  const whole = feed(region, data, length, kept) && feed(region, blockEnd, 4, kept);
  unpackedLength = min<u32>(total, kept);
  return whole;
}

function feed(region: usize, data: usize, length: u32, kept: u32): bool {
  const inflate = changetype<Inflate>(region);
  while (total <= BOMB_LIMIT) {
    const keeps = total < kept;
    const status = inflateStep(inflate, data, length, keeps ? unpacked + total : rest, keeps ? kept - total : REST);
    data += inflate.consumed;
    length -= inflate.consumed;
    total += inflate.produced;
    spend(inflate.produced * Cost.Decoded);
    if (status == CodecStatus.Error) return false;
    if (status == CodecStatus.NeedInput) return true;
    if (status == CodecStatus.End) {
      restart(inflate);
      if (length == 0) return true;
    }
  }
  isBomb = true;
  return false;
}

/** Behind a last block the next message begins anew, with the same window (section 7.2.3.4). */
function restart(inflate: Inflate): void {
  const at = inflate.windowAt;
  const fill = inflate.windowFill;
  inflateBegin(changetype<usize>(inflate), InflateFraming.Raw);
  inflate.windowAt = at;
  inflate.windowFill = fill;
}
