/**
 * DNS over UDP and TCP (RFC 1035, RFC 7766). A message is a transaction of its own, as in Suricata 8: a query goes to the server,
 * a response to the client. The transaction keeps the message; buffers and numbers are read out of it.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer, Field } from "../abi/buffers";
import { AppProto, Direction, IpProto } from "../abi/codes";
import { SimpleProgress } from "../abi/progress";
import { Account, acquire, release } from "../memory/heap";
import {
  allNameFlags,
  checkMessage,
  countOf,
  dataOffset,
  isResponse,
  looksLikeMessage,
  messageFlags,
  NameFlag,
  nameLength,
  nameText,
  readAt,
  readName,
  recordType,
  Section,
} from "./dns_message";
import { noteFrame } from "./frame";
import { Guess } from "./guess";
import { InputFlag, PARSE_ERROR } from "./input";
import { number } from "./number";
import { AppState, closeTx, openState, openTx, Tx, TxFlag } from "./transaction";
import { view } from "./view";

@unmanaged
export class DnsTx extends Tx {
  message: usize;
  length: u32;
  response: bool;
}

/** Transactions a conversation may hold before it counts as flooded. */
const MAX_LIVE: u32 = 1024;

export function dnsOpen(_transport: u32): usize {
  return openState(AppProto.Dns, <u32>offsetof<AppState>());
}

/** Multicast DNS (RFC 6762): every message goes to the group, so all of them count as sent to the server, as in Suricata. */
export function mdnsOpen(): usize {
  return openState(AppProto.Mdns, <u32>offsetof<AppState>());
}

export function dnsClose(state: AppState): void {
  while (state.oldest != 0) dnsFreeTx(state, changetype<Tx>(state.oldest));
  release(changetype<usize>(state));
}

export function dnsFreeTx(state: AppState, tx: Tx): void {
  release(changetype<DnsTx>(changetype<usize>(tx)).message);
  closeTx(state, tx);
}

/** A datagram is one message; a stream is messages with a length before each. */
export function dnsParse(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if (state.transport != <u8>IpProto.Tcp) {
    noteFrame(state, direction, "pdu", data, length);
    return message(state, direction, data, length) ? <i32>length : PARSE_ERROR;
  }
  // Behind a gap the next length cannot be found.
  if ((flags & InputFlag.Gap) != 0) return PARSE_ERROR;
  let at: u32 = 0;
  while (length - at >= 2) {
    const size = <u32>bswap<u16>(load<u16>(data + at));
    if (length - at - 2 < size) break;
    noteFrame(state, direction, "pdu", data + at + 2, size);
    if (size > 0 && !message(state, direction, data + at + 2, size)) return PARSE_ERROR;
    at += 2 + size;
  }
  return <i32>at;
}

/** Takes one message. False: it is no DNS. */
function message(state: AppState, from: u32, data: usize, length: u32): bool {
  const direction: u32 = state.proto == <u8>AppProto.Mdns ? <u32>Direction.ToServer : from;
  if (state.live >= MAX_LIVE) return false;
  const whole = checkMessage(data, length);
  const nameFaults = allNameFlags;
  const p = openTx(state, <u32>offsetof<DnsTx>());
  if (p == 0) return false;
  const tx = changetype<DnsTx>(p);
  tx.progressToServer = <u8>SimpleProgress.Complete;
  tx.progressToClient = <u8>SimpleProgress.Complete;
  tx.flags |= TxFlag.Unidirectional | (direction == Direction.ToServer ? TxFlag.SkipToClient : TxFlag.SkipToServer);
  if (length < 12) {
    tx.raise(AppEvent.dns__malformed_data);
    return true;
  }
  const multicast = state.proto == <u8>AppProto.Mdns;
  const wrong = !multicast && isResponse(data) == (direction == Direction.ToServer);
  if (!whole) tx.raise(AppEvent.dns__malformed_data);
  else if (wrong)
    tx.raise(direction == Direction.ToServer ? AppEvent.dns__not_a_request : AppEvent.dns__not_a_response);
  if (!whole || wrong) return true;
  tx.message = acquire(Account.App, length);
  if (tx.message == 0) return true;
  memory.copy(tx.message, data, length);
  tx.length = length;
  tx.response = multicast ? isResponse(data) : direction == Direction.ToClient;
  const header = messageFlags(data);
  if ((header & 0x40) != 0) tx.raise(AppEvent.dns__z_flag_set);
  if (((header >> 11) & 15) >= 7) tx.raise(AppEvent.dns__invalid_opcode);
  if ((nameFaults & NameFlag.TooLong) != 0) tx.raise(AppEvent.dns__name_too_long);
  if ((nameFaults & NameFlag.Loop) != 0) tx.raise(AppEvent.dns__infinite_loop);
  if ((nameFaults & NameFlag.TooManyLabels) != 0) tx.raise(AppEvent.dns__too_many_labels);
  return true;
}

/** A message inside another protocol (DNS over HTTPS): a record `dnsBuffer` reads, 0 when it is no DNS or memory is short. */
export function openDnsMessage(direction: u32, data: usize, length: u32): usize {
  if (length < 12 || !checkMessage(data, length) || isResponse(data) == (direction == Direction.ToServer)) return 0;
  const at = acquire(Account.App, <u32>offsetof<DnsTx>());
  if (at == 0) return 0;
  memory.fill(at, 0, offsetof<DnsTx>());
  const tx = changetype<DnsTx>(at);
  tx.message = acquire(Account.App, length);
  if (tx.message == 0) {
    release(at);
    return 0;
  }
  memory.copy(tx.message, data, length);
  tx.length = length;
  tx.response = direction == Direction.ToClient;
  return at;
}

export function freeDnsMessage(at: usize): void {
  if (at == 0) return;
  release(changetype<DnsTx>(at).message);
  release(at);
}

function name(tx: DnsTx, section: Section, index: u32): bool {
  return readAt(tx.message, tx.length, section, index) && view(nameText, nameLength);
}

/** Names of a response in order of the message: of each record, and the one its data holds (CNAME, NS, PTR, MX, SOA). */
function anyName(tx: DnsTx, index: u32): bool {
  let left = index;
  for (let s: u32 = 0; s < 4; s++) {
    const n = countOf(tx.message, s);
    for (let i: u32 = 0; i < n; i++) {
      if (!readAt(tx.message, tx.length, s, i)) return false;
      if (left == 0) return view(nameText, nameLength);
      left--;
      if (s == <u32>Section.Questions) continue;
      const offset = nameInData();
      if (offset == 0) continue;
      if (left == 0) return readName(tx.message, tx.length, offset) != 0 && view(nameText, nameLength);
      left--;
    }
  }
  return false;
}

/** Offset of the name in the data of the record read last, 0 when its type has none. */
function nameInData(): u32 {
  switch (recordType) {
    case 2:
    case 5:
    case 6:
    case 12:
      return dataOffset;
    case 15:
      return dataOffset + 2;
    default:
      return 0;
  }
}

export function dnsBuffer(_state: AppState, base: Tx, buffer: u32, direction: u32, index: u32): bool {
  const tx = changetype<DnsTx>(changetype<usize>(base));
  if (tx.message == 0) return false;
  switch (buffer) {
    case Buffer.dns__query:
      return !tx.response && name(tx, Section.Questions, index);
    case Buffer.dns__queries__rrname:
    case Buffer.mdns__queries__rrname:
      return name(tx, Section.Questions, index);
    case Buffer.dns__answers__rrname:
      return tx.response && name(tx, Section.Answers, index);
    case Buffer.mdns__answers__rrname:
      return name(tx, Section.Answers, index);
    case Buffer.dns__authorities__rrname:
    case Buffer.mdns__authorities__rrname:
      return name(tx, Section.Authorities, index);
    case Buffer.dns__additionals__rrname:
    case Buffer.mdns__additionals__rrname:
      return name(tx, Section.Additionals, index);
    case Buffer.dns__response__rrname:
    case Buffer.mdns__response__rrname:
      return tx.response && anyName(tx, index);
    default:
      return false;
  }
}

export function dnsNumber(_state: AppState, base: Tx, field: u32, _direction: u32, index: u32): bool {
  const tx = changetype<DnsTx>(changetype<usize>(base));
  if (tx.message == 0) return false;
  const flags = messageFlags(tx.message);
  switch (field) {
    case Field.dns__opcode:
      return index == 0 && number((flags >> 11) & 15);
    case Field.dns__rcode:
      return index == 0 && tx.response && number(flags & 15);
    case Field.dns__rrtype: {
      let i = index;
      for (let s: u32 = 0; s < 4; s++) {
        const n = countOf(tx.message, s);
        if (i < n) return readAt(tx.message, tx.length, s, i) && number(recordType);
        i -= n;
      }
      return false;
    }
    default:
      return false;
  }
}

/** Is a datagram, or the data of a stream, DNS? */
export function dnsProbe(data: usize, length: u32, stream: bool): Guess {
  if (!stream) return looksLikeMessage(data, length) ? Guess.Yes : Guess.No;
  if (length < 2) return Guess.More;
  const size = <u32>bswap<u16>(load<u16>(data));
  if (size < 12) return Guess.No;
  if (length - 2 < size)
    return length >= 14 && ((<u32>bswap<u16>(load<u16>(data + 4)) >> 11) & 15) > 6 ? Guess.No : Guess.More;
  return looksLikeMessage(data + 2, size) ? Guess.Yes : Guess.No;
}
