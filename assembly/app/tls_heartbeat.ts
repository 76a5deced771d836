/** Heartbeats (RFC 6520), of which one may wait for its answer; CVE-2014-0160. */
import { AppEvent } from "../abi/app_events";
import { TlsTx } from "./tls_state";

enum HeartbeatType {
  Request = 1,
  Response = 2,
}

const HEADER: u32 = 3;
const LEAST_PADDING: u32 = 16;

/** A whole heartbeat record. False, with an event: it is none. */
export function heartbeat(tx: TlsTx, direction: u32, data: usize, length: u32): bool {
  if (length < HEADER) return true;
  const event = judge(tx, direction, data, length);
  if (event != 0) tx.raise(event);
  return event == 0;
}

function judge(tx: TlsTx, direction: u32, data: usize, length: u32): u32 {
  const type = <u32>load<u8>(data);
  if (!tx.cipherChanged && type != HeartbeatType.Request && type != HeartbeatType.Response)
    return AppEvent.tls__invalid_heartbeat_message;
  if (!tx.heartbeatOpen) {
    tx.heartbeatOpen = true;
    tx.heartbeatFrom = <u8>direction;
    if (tx.cipherChanged) {
      tx.heartbeatLength = length;
      return 0;
    }
    const payload = <u32>bswap<u16>(load<u16>(data, 1));
    if (payload + HEADER > length) return AppEvent.tls__overflow_heartbeat_message;
    return length - payload - HEADER < LEAST_PADDING ? AppEvent.tls__invalid_heartbeat_message : 0;
  }
  if (<u32>tx.heartbeatFrom == direction) return AppEvent.tls__invalid_heartbeat_message;
  tx.heartbeatOpen = false;
  const asked = tx.heartbeatLength;
  tx.heartbeatLength = 0;
  // The answer to an encrypted heartbeat is longer than what was sent.
  return tx.cipherChanged && asked > 0 && asked < length ? AppEvent.tls__dataleak_heartbeat_mismatch : 0;
}
