/**
 * SMB over the NetBIOS session service (RFC 1002 section 4.3, MS-SMB, MS-SMB2): four bytes of header, then records of version 1, 2 or 3
 * (one encrypted, which is passed over). A write or a read answer need not be whole: what is here of it is looked at.
 */
import { AppEvent } from "../abi/app_events";
import { Direction } from "../abi/codes";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { continueFile } from "./smb_files";
import { raiseSmb, SmbState } from "./smb_state";
import { isSmb1Response, SMB1_HEADER, Smb1Command, smb1Command, smb1Read, smb1Record, smb1Write } from "./smb1";
import {
  isSmb2Response,
  SMB2_HEADER,
  Smb2Command,
  smb2Command,
  smb2Read,
  smb2Request,
  smb2Response,
  smb2Write,
} from "./smb2";
import { AppState } from "./transaction";

const NBSS_HEADER: u32 = 4;
const MAGIC_1: u32 = 0x424d53ff;
const MAGIC_2: u32 = 0x424d53fe;
const MAGIC_3: u32 = 0x424d53fd;
/** Bytes of a cut record from which it is looked at. */
const PARTIAL: u32 = 512;
/** Header of an encrypted record. */
const TRANSFORM_HEADER: u32 = 52;

export function smbParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  const state = changetype<SmbState>(changetype<usize>(base));
  const bit = (<u32>1) << direction;
  const gap = (flags & InputFlag.Gap) != 0;
  let at = continueFile(state, direction, gap ? 0 : data, length);
  if (gap) {
    if (at < length) state.lost = <u8>(<u32>state.lost | bit);
    return <i32>length;
  }
  const midstream: u32 = InputFlag.Start | InputFlag.Midstream;
  if ((flags & midstream) == midstream) state.lost = <u8>(<u32>state.lost | bit);
  if ((<u32>state.lost & bit) != 0) {
    at = search(data, at, length);
    if (length - at < 8) return <i32>at;
    state.lost = <u8>(<u32>state.lost & ~bit);
  }
  while (length - at >= NBSS_HEADER) {
    const size = bswap<u32>(load<u32>(data + at)) & 0xffffff;
    const here = length - at - NBSS_HEADER;
    const session = load<u8>(data + at) == 0;
    if (here < size) {
      if (here >= 4 && session && !isSmb(data + at + NBSS_HEADER)) return PARSE_ERROR;
      if (here < PARTIAL || !session || !cut(state, direction, data + at, here, size)) break;
      return <i32>length;
    }
    noteFrame(state, direction, "nbss.pdu", data + at, size + NBSS_HEADER);
    noteFrame(state, direction, "nbss.hdr", data + at, NBSS_HEADER);
    noteFrame(state, direction, "nbss.data", data + at + NBSS_HEADER, size);
    if (session && size > 0 && !records(state, direction, data + at + NBSS_HEADER, size)) {
      raiseSmb(state, AppEvent.smb__malformed_data);
      return PARSE_ERROR;
    }
    at += NBSS_HEADER + size;
  }
  return <i32>at;
}

function isSmb(record: usize): bool {
  const magic = load<u32>(record);
  return magic == MAGIC_1 || magic == MAGIC_2 || magic == MAGIC_3;
}

/** Where the next session header stands; the last bytes wait when there is none. */
function search(data: usize, from: u32, length: u32): u32 {
  let at = from;
  for (; length - at >= 8; at++) if (load<u8>(data + at) == 0 && isSmb(data + at + NBSS_HEADER)) return at;
  return at;
}

/** All records of one session message. False: one is malformed. */
function records(state: SmbState, direction: u32, data: usize, length: u32): bool {
  if (length < 4) return false;
  const magic = load<u32>(data);
  if (magic == MAGIC_1) {
    if (length < SMB1_HEADER) return false;
    noteFrame(state, direction, "smb1.pdu", data, length);
    noteFrame(state, direction, "smb1.hdr", data, SMB1_HEADER);
    if (length > SMB1_HEADER) noteFrame(state, direction, "smb1.data", data + SMB1_HEADER, length - SMB1_HEADER);
    if (isSmb1Response(data) == (direction == Direction.ToClient)) smb1Record(state, direction, data, length);
    else misdirected(state, direction);
    return true;
  }
  if (magic == MAGIC_3) {
    noteFrame(state, direction, "smb3.pdu", data, length);
    noteFrame(state, direction, "smb3.hdr", data, min(length, TRANSFORM_HEADER));
    if (length > TRANSFORM_HEADER)
      noteFrame(state, direction, "smb3.data", data + TRANSFORM_HEADER, length - TRANSFORM_HEADER);
    return length >= TRANSFORM_HEADER;
  }
  if (magic != MAGIC_2) return false;
  let at: u32 = 0;
  while (length - at > 0) {
    const record = data + at;
    if (length - at < SMB2_HEADER || load<u32>(record) != MAGIC_2) return false;
    const next = load<u32>(record, 20);
    const size = next == 0 ? length - at : next;
    if (size < SMB2_HEADER || size > length - at) return false;
    framesOf2(state, direction, record, size);
    if (isSmb2Response(record) != (direction == Direction.ToClient)) misdirected(state, direction);
    else if (direction == Direction.ToServer) smb2Request(state, record, size);
    else smb2Response(state, record, size);
    at += size;
  }
  return true;
}

function framesOf2(state: SmbState, direction: u32, record: usize, size: u32): void {
  noteFrame(state, direction, "smb2.pdu", record, size);
  noteFrame(state, direction, "smb2.hdr", record, SMB2_HEADER);
  if (size > SMB2_HEADER) noteFrame(state, direction, "smb2.data", record + SMB2_HEADER, size - SMB2_HEADER);
}

function misdirected(state: SmbState, direction: u32): void {
  raiseSmb(state, direction == Direction.ToServer ? AppEvent.smb__response_to_server : AppEvent.smb__request_to_client);
}

/** The beginning of a write or of a read's answer, of which `here` of `size` bytes came. False: it must wait to be whole. */
function cut(state: SmbState, direction: u32, message: usize, here: u32, size: u32): bool {
  const record = message + NBSS_HEADER;
  const magic = load<u32>(record);
  const request = direction == Direction.ToServer;
  if (magic == MAGIC_1) {
    if (isSmb1Response(record) == request) return false;
    if (request && smb1Command(record) == Smb1Command.WriteAndx)
      smb1Write(state, Smb1Command.WriteAndx, record, here, SMB1_HEADER);
    else if (!request && smb1Command(record) == Smb1Command.Read) smb1Read(state, record, here, SMB1_HEADER);
    else return false;
  } else if (magic == MAGIC_2) {
    if (isSmb2Response(record) == request || load<u32>(record, 20) != 0) return false;
    if (request && smb2Command(record) == Smb2Command.Write) smb2Write(state, record, here);
    else if (!request && smb2Command(record) == Smb2Command.Read) smb2Read(state, record, here);
    else return false;
    framesOf2(state, direction, record, size);
  } else return false;
  // Whatever the record says of itself, its end is where the session message ends.
  state.expect(direction, size - here, state.left(direction) != 0 ? state.fileOf(direction) : 0);
  return true;
}
