/**
 * HTTP/2 (RFC 9113): what is kept of a conversation.
 *
 * | part                 | holds                                                                     |
 * | -------------------- | ------------------------------------------------------------------------- |
 * | http2.ts             | the entry: preface, frames of a direction                                 |
 * | http2_frames.ts      | one frame                                                                 |
 * | http2_streams.ts     | transactions: one a stream, one a frame of stream 0                       |
 * | hpack*.ts            | header blocks                                                             |
 * | http2_body.ts        | bodies: content codings, files                                            |
 * | http2_upgrade.ts     | h2c: the HTTP/1 request that asked for the upgrade as stream 1            |
 * | doh2.ts              | DNS over HTTP/2                                                           |
 * | http2_buffers.ts     | what rules look at                                                        |
 * | http2_log.ts         | the `http` object of EVE                                                  |
 */
import { Direction } from "../abi/codes";
import { Account, acquire } from "../memory/heap";
import { DynamicTable } from "./hpack_table";
import { appendText, Text } from "./text";
import { AppState, Tx } from "./transaction";

/** Frames of one direction of a transaction that are remembered, Suricata's HTTP2_MAX_FRAMES. */
const MAX_FRAMES: u32 = 65536;
/** Header bytes and headers of one direction of a transaction that are kept; more of them are decoded only. */
const MAX_HEADER_BYTES: u32 = 262144;
const MAX_HEADERS: u32 = 8192;

/** What became of one header field. From `Invalid` on it is an error. */
export const enum HeaderStatus {
  Success = 0,
  SizeUpdate = 1,
  Invalid = 0x80,
  NotIndexed = 0x81,
  IntegerOverflow = 0x82,
  Index0 = 0x83,
}

/** A header field: name and value lie in `Side.bytes`. */
@unmanaged
export class Field2 {
  at: u32 = 0;
  nameLength: u32 = 0;
  valueLength: u32 = 0;
  status: HeaderStatus = HeaderStatus.Success;
  /** The name came out of the dynamic table. */
  shared: bool = false;
  update: u64 = 0;
}

/** One direction of a transaction. */
@unmanaged
export class Side {
  bytesData: usize = 0;
  bytesLength: u32 = 0;
  fieldsData: usize = 0;
  fieldsLength: u32 = 0;
  /** Frame types (u8), in order. */
  typesData: usize = 0;
  typesLength: u32 = 0;
  /** Error codes of GOAWAY and RST_STREAM (u32). */
  errorsData: usize = 0;
  errorsLength: u32 = 0;
  /** Weights of PRIORITY and HEADERS (u8). */
  weightsData: usize = 0;
  weightsLength: u32 = 0;
  /** Increments of WINDOW_UPDATE (u32). */
  windowsData: usize = 0;
  windowsLength: u32 = 0;
  /** SETTINGS: parameter << 32 | value (u64). */
  settingsData: usize = 0;
  settingsLength: u32 = 0;
  /** Header frames were seen, even empty ones. */
  hasHeaders: bool = false;
  hasSettings: bool = false;
  /** Coding: the first Content-Encoding counts. */
  coding: u8 = 0;
  /** The decoder (http2_body.ts), 0 for none. */
  decoder: usize = 0;
  fileOpen: bool = false;
  /** Content-Type: application/dns-message. */
  carriesDns: bool = false;
  messageData: usize = 0;
  messageLength: u32 = 0;
  /** The DNS message found (app/dns.ts), 0 for none. */
  dns: usize = 0;

  get bytes(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Side>("bytesData"));
  }
  get fields(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Side>("fieldsData"));
  }
  get types(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Side>("typesData"));
  }
  get errors(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Side>("errorsData"));
  }
  get weights(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Side>("weightsData"));
  }
  get windows(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Side>("windowsData"));
  }
  get settings(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Side>("settingsData"));
  }
  get message(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Side>("messageData"));
  }
  get fieldCount(): u32 {
    return this.fieldsLength / <u32>offsetof<Field2>();
  }
  field(i: u32): Field2 {
    return changetype<Field2>(this.fieldsData + <usize>i * offsetof<Field2>());
  }
}

@unmanaged
export class Http2Tx extends Tx {
  /** 0: a frame of the connection. */
  stream: u32 = 0;
  /** Stream a PUSH_PROMISE announced whose header block goes on. */
  child: u32 = 0;
  /** Http2Progress */
  step: u8 = 0;
  sideToServer: usize = 0;
  sideToClient: usize = 0;

  /** A direction's record, 0 while there is none. */
  side(direction: u32): usize {
    return direction == Direction.ToServer ? this.sideToServer : this.sideToClient;
  }
}

/** A direction of the conversation. */
@unmanaged
export class Half2 {
  /** Bytes left of a frame that is skipped. */
  skip: u32 = 0;
  /** Header block that goes on in CONTINUATION, and its stream. */
  blockStream: u32 = 0;
  blockData: usize = 0;
  blockLength: u32 = 0;

  get block(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Half2>("blockData"));
  }
}

@unmanaged
export class Http2State extends AppState {
  /** The client's preface is behind us. */
  begun: bool = false;
  /** DNS was found: the protocol is DoH2 from now on. */
  isDns: bool = false;
  halves: usize = 0;
  tables: usize = 0;

  half(direction: u32): Half2 {
    return changetype<Half2>(this.halves + <usize>direction * offsetof<Half2>());
  }
  /** Headers of this direction are decoded with it. */
  table(direction: u32): DynamicTable {
    return changetype<DynamicTable>(this.tables + <usize>direction * offsetof<DynamicTable>());
  }
  /** Notes an event on the newest transaction: what is not one stream's own fault. */
  report(event: u32): void {
    if (this.newest != 0) changetype<Tx>(this.newest).raise(event);
  }
}

/** The direction's record, made when there is none. 0 when memory is short. */
export function sideOf(tx: Http2Tx, direction: u32): usize {
  const at = tx.side(direction);
  if (at != 0) return at;
  const fresh = acquire(Account.Http, <u32>offsetof<Side>());
  if (fresh == 0) return 0;
  memory.fill(fresh, 0, offsetof<Side>());
  if (direction == Direction.ToServer) tx.sideToServer = fresh;
  else tx.sideToClient = fresh;
  return fresh;
}

const word: usize = memory.data(8, 8);

/** Appends a number of `size` bytes to a list. False when the list is full. */
export function remember(list: Text, value: u64, size: u32): bool {
  if (list.length >= MAX_FRAMES * size) return false;
  store<u64>(word, value);
  return appendText(list, Account.Http, word, size);
}

/** Takes a header of a side. False when it is not kept. */
export function keepField(
  side: Side,
  status: HeaderStatus,
  shared: bool,
  update: u64,
  text: usize,
  nameLength: u32,
  valueLength: u32,
): bool {
  if (side.fieldCount >= MAX_HEADERS || side.bytesLength + nameLength + valueLength > MAX_HEADER_BYTES) return false;
  const f = changetype<Field2>(fieldRecord);
  f.at = side.bytesLength;
  f.nameLength = nameLength;
  f.valueLength = valueLength;
  f.status = status;
  f.shared = shared;
  f.update = update;
  if (!appendText(side.bytes, Account.Http, text, nameLength + valueLength)) return false;
  return appendText(side.fields, Account.Http, fieldRecord, <u32>offsetof<Field2>());
}
const fieldRecord: usize = memory.data(32, 8);
