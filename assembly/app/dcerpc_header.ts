/**
 * The connection-oriented header of DCE/RPC (C706 section 12.6.3.1). Contract: `checkHeader` first; then every accessor below is safe for
 * the 16 bytes of the header. Bodies are read with a length of their own.
 */

export const HEADER_BYTES: u32 = 16;

export enum PduType {
  Request = 0,
  Response = 2,
  Bind = 11,
  BindAck = 12,
  AlterContext = 14,
  AlterContextResponse = 15,
  LastKnown = 20,
  Unknown = 99,
}

export enum PduFlag {
  FirstFragment = 1,
  LastFragment = 2,
}

/** Is this the header of a version that is read, with a length that holds it? */
export function checkHeader(data: usize, length: u32): bool {
  if (length < HEADER_BYTES) return false;
  return load<u8>(data) == 5 && load<u8>(data, 1) <= 1 && fragmentLength(data) >= HEADER_BYTES;
}

export function pduType(data: usize): u32 {
  return load<u8>(data, 2);
}

export function pduFlags(data: usize): u32 {
  return load<u8>(data, 3);
}

export function isLittle(data: usize): bool {
  return (load<u8>(data, 4) & 0x10) != 0;
}

export function fragmentLength(data: usize): u32 {
  return read16(data + 8, isLittle(data));
}

export function callId(data: usize): u32 {
  const n = load<u32>(data, 12);
  return isLittle(data) ? n : bswap<u32>(n);
}

export function read16(at: usize, little: bool): u32 {
  const n = load<u16>(at);
  return little ? n : bswap<u16>(n);
}

/** The name of a packet type, "" for one that has none. */
export function typeName(type: u32): string {
  switch (type) {
    case PduType.Request:
      return "REQUEST";
    case 1:
      return "PING";
    case PduType.Response:
      return "RESPONSE";
    case 3:
      return "FAULT";
    case 4:
      return "WORKING";
    case 5:
      return "NOCALL";
    case 6:
      return "REJECT";
    case 7:
      return "ACK";
    case 8:
      return "CL_CANCEL";
    case 9:
      return "FACK";
    case 10:
      return "CANCEL_ACK";
    case PduType.Bind:
      return "BIND";
    case PduType.BindAck:
      return "BINDACK";
    case 13:
      return "BINDNAK";
    case PduType.AlterContext:
      return "ALTER_CONTEXT";
    case PduType.AlterContextResponse:
      return "ALTER_CONTEXT_RESP";
    case 16:
      return "AUTH3";
    case 17:
      return "SHUTDOWN";
    case 18:
      return "CO_CANCEL";
    case 19:
      return "ORPHANED";
    case PduType.LastKnown:
      return "RTS";
    default:
      return "UNKNOWN";
  }
}
