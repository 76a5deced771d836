/** The `dns` object of EVE, version 3 (Suricata manual, EVE JSON format).. */
import { AppProto } from "../abi/codes";
import { array, end, flag, hex, map, number, text, word } from "../verdict/cbor";
import { DnsTx } from "./dns";
import {
  countOf,
  dataLength,
  dataOffset,
  messageFlags,
  messageId,
  nameLength,
  nameText,
  readAt,
  readName,
  recordTtl,
  recordType,
  Section,
} from "./dns_message";
import { rcodeName, typeName } from "./dns_names";
import { Tx } from "./transaction";

/** Records an event lists. */
const MAX_LISTED: u32 = 64;
const flagBytes: usize = memory.data(2);

export function dnsLog(base: Tx): void {
  const tx = changetype<DnsTx>(changetype<usize>(base));
  if (tx.message == 0 || !map(base.proto == <u8>AppProto.Mdns ? "mdns" : "dns")) return;
  const flags = messageFlags(tx.message);
  number("version", 3);
  word("type", tx.response ? "response" : "request");
  number("tx_id", tx.id);
  number("id", messageId(tx.message));
  store<u16>(flagBytes, bswap<u16>(<u16>flags));
  hex("flags", flagBytes, 2);
  if (tx.response) flag("qr", true);
  if ((flags & 0x400) != 0) flag("aa", true);
  if ((flags & 0x200) != 0) flag("tc", true);
  if ((flags & 0x100) != 0) flag("rd", true);
  if ((flags & 0x80) != 0) flag("ra", true);
  if ((flags & 0x40) != 0) flag("z", true);
  number("opcode", (flags >> 11) & 15);
  word("rcode", rcodeName(flags & 15));
  questions(tx);
  if (tx.response) {
    records(tx, Section.Answers, "answers");
    records(tx, Section.Authorities, "authorities");
  }
  records(tx, Section.Additionals, "additionals");
  end();
}

function questions(tx: DnsTx): void {
  const n = min<u32>(countOf(tx.message, Section.Questions), MAX_LISTED);
  if (n == 0 || !array("queries")) return;
  for (let i: u32 = 0; i < n; i++) {
    if (!readAt(tx.message, tx.length, Section.Questions, i) || !map("")) continue;
    text("rrname", nameText, nameLength);
    typeWord(recordType);
    end();
  }
  end();
}

function typeWord(type: u32): void {
  const known = typeName(type);
  if (known.length > 0) word("rrtype", known);
  else number("rrtype", type);
}

function records(tx: DnsTx, section: Section, key: string): void {
  const n = min<u32>(countOf(tx.message, section), MAX_LISTED);
  if (n == 0 || !array(key)) return;
  for (let i: u32 = 0; i < n; i++) {
    if (!readAt(tx.message, tx.length, section, i) || !map("")) continue;
    text("rrname", nameText, nameLength);
    typeWord(recordType);
    number("ttl", recordTtl);
    data(tx);
    end();
  }
  end();
}

const addressText: usize = memory.data(40);

/** The record's data, as text where EVE has it. */
function data(tx: DnsTx): void {
  const at = tx.message + dataOffset;
  const n = dataLength;
  if (recordType == 1 && n == 4) text("rdata", addressText, ipv4Text(at));
  else if (recordType == 28 && n == 16) text("rdata", addressText, ipv6Text(at));
  else if (recordType == 2 || recordType == 5 || recordType == 12) nameData(tx, dataOffset);
  else if (recordType == 15 && n > 2) nameData(tx, dataOffset + 2);
  else if (recordType == 16 && n > 1) text("rdata", at + 1, min<u32>(load<u8>(at), n - 1));
}

function nameData(tx: DnsTx, offset: u32): void {
  if (readName(tx.message, tx.length, offset) != 0) text("rdata", nameText, nameLength);
}

function ipv4Text(at: usize): u32 {
  let n: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    if (i > 0) store<u8>(addressText + n++, 0x2e);
    const byte = <u32>load<u8>(at + i);
    if (byte >= 100) store<u8>(addressText + n++, <u8>(0x30 + byte / 100));
    if (byte >= 10) store<u8>(addressText + n++, <u8>(0x30 + ((byte / 10) % 10)));
    store<u8>(addressText + n++, <u8>(0x30 + (byte % 10)));
  }
  return n;
}

/** All eight groups, four digits each, as Suricata prints them. */
function ipv6Text(at: usize): u32 {
  let n: u32 = 0;
  for (let i: usize = 0; i < 16; i++) {
    if (i > 0 && (i & 1) == 0) store<u8>(addressText + n++, 0x3a);
    const byte = <u32>load<u8>(at + i);
    const high = byte >> 4;
    const low = byte & 15;
    store<u8>(addressText + n++, <u8>(high < 10 ? 0x30 + high : 0x57 + high));
    store<u8>(addressText + n++, <u8>(low < 10 ? 0x30 + low : 0x57 + low));
  }
  return n;
}
