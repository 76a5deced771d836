/** DCE/RPC over UDP (C706 section 12.5): a datagram is one fragment of a call, found again by activity and sequence number. */
import { Direction } from "../abi/codes";
import { PduType, read16 } from "./dcerpc_header";
import { DcerpcState, DcerpcTx, openCall } from "./dcerpc_state";
import { PARSE_ERROR } from "./input";
import { Tx } from "./transaction";

const HEADER: u32 = 80;
const LAST_FRAGMENT: u32 = 2;
const FRAGMENT: u32 = 4;

export function dcerpcDatagram(state: DcerpcState, direction: u32, data: usize, length: u32): i32 {
  if (length < HEADER || load<u8>(data) != 4) return PARSE_ERROR;
  const little = (load<u8>(data, 4) & 0x10) != 0;
  const size = read16(data + 74, little);
  if (length - HEADER < size) return PARSE_ERROR;
  const type = <u32>load<u8>(data, 1);
  const raw = load<u32>(data, 64);
  const sequence = little ? raw : bswap<u32>(raw);
  const p = callOf(state, direction, load<u64>(data, 40), load<u64>(data, 48), sequence, little);
  if (p == 0) return PARSE_ERROR;
  const tx = changetype<DcerpcTx>(p);
  tx.opnum = <u16>read16(data + 68, little);
  if (direction == Direction.ToServer) {
    tx.requestType = <u8>type;
    tx.requestFragments++;
  } else {
    tx.responseType = <u8>type;
    tx.responseFragments++;
  }
  if (type == PduType.Request || type == PduType.Response) tx.grow(direction, data + HEADER, size);
  const flags = <u32>load<u8>(data, 2);
  if ((flags & FRAGMENT) == 0 || (flags & LAST_FRAGMENT) != 0) tx.done(direction);
  return <i32>length;
}

function callOf(state: DcerpcState, direction: u32, a: u64, b: u64, sequence: u32, little: bool): usize {
  for (let p = state.oldest; p != 0; p = changetype<Tx>(p).next) {
    const tx = changetype<DcerpcTx>(p);
    if (tx.call != sequence || tx.activity0 != a || tx.activity1 != b) continue;
    if (!(direction == Direction.ToServer ? tx.requestDone : tx.responseDone)) return p;
  }
  const p = openCall(state, sequence, little);
  if (p == 0) return 0;
  const tx = changetype<DcerpcTx>(p);
  tx.activity0 = a;
  tx.activity1 = b;
  tx.datagram = true;
  return p;
}
