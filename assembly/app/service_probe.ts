/** Probes of network services: RDP, LDAP, Kerberos, MQTT, NFS, POP3, PostgreSQL. */
import { Direction } from "../abi/codes";
import { derHeader, derLength } from "./ber_header";
import { beginsWith, Guess } from "./guess";
import { Probe } from "./probe";

/** RDP (MS-RDPBCGR section 2.2.1.1): T.123 header, or TLS inside it. */
export function rdpProbe(data: usize, length: u32): Probe {
  if (length < 7) return Probe.More;
  if (load<u8>(data) != 3 || load<u8>(data, 1) != 0) return Probe.No;
  const size = <u32>bswap<u16>(load<u16>(data, 2));
  if (size < 7) return Probe.No;
  const type = load<u8>(data, 5) & 0xf0;
  return type == 0xe0 || type == 0xd0 ? Probe.Yes : Probe.No;
}

/** LDAP (RFC 4511 section 4.2): a sequence of message id and an operation. */
export function ldapProbe(data: usize, length: u32): Probe {
  if (length < 2) return Probe.More;
  if (load<u8>(data) != 0x30) return Probe.No;
  const head = derHeader(data, length, 0x30);
  if (head == 0) return length < 6 ? Probe.More : Probe.No;
  if (derLength < 2) return Probe.No;
  if (length < head + 4) return Probe.More;
  const id = derHeader(data + head, length - head, 0x02);
  if (id == 0 || derLength == 0 || derLength > 4) return Probe.No;
  const behind = head + id + derLength;
  if (length <= behind) return Probe.More;
  const operation = <u32>load<u8>(data + behind);
  return operation >> 6 == 1 && (operation & 0x1f) <= 25 ? Probe.Yes : Probe.No;
}

/** Kerberos (RFC 4120 section 5): an application tag of a message with a plausible length. Over TCP its length goes before. */
export function krb5Probe(data: usize, length: u32, stream: bool): Probe {
  const skip: u32 = stream ? 4 : 0;
  if (length < skip + 10) return Probe.More;
  if (stream && bswap<u32>(load<u32>(data)) > 16384) return Probe.No;
  const tag = <u32>load<u8>(data + skip);
  const type = tag & 0x1f;
  if ((tag & 0xe0) != 0x60 || !((type >= 10 && type <= 15) || type == 30)) return Probe.No;
  const head = derHeader(data + skip, length - skip, tag);
  if (head == 0) return Probe.No;
  return skip + head < length && load<u8>(data + skip + head) == 0x30 ? Probe.Yes : Probe.No;
}

/** MQTT (OASIS MQTT 5.0 section 3.1): CONNECT, or CONNACK. */
export function mqttProbe(data: usize, length: u32): Probe {
  if (length < 2) return Probe.More;
  const first = <u32>load<u8>(data);
  if (first >> 4 < 1 || first >> 4 > 15) return Probe.No;
  if (first >> 4 == 3) return (first & 6) != 6 ? Probe.Yes : Probe.No;
  const wanted: u32 = first >> 4 == 6 || first >> 4 == 8 || first >> 4 == 10 ? 2 : 0;
  return (first & 15) == wanted ? Probe.Yes : Probe.No;
}

/** NFS over ONC RPC (RFC 5531 section 9): a call of program 100003, or a reply. */
export function nfsProbe(data: usize, length: u32, stream: bool, direction: u32): Probe {
  const skip: u32 = stream ? 4 : 0;
  if (length < skip + 24) return Probe.More;
  const at = data + skip;
  const type = bswap<u32>(load<u32>(at, 4));
  if (direction == Direction.ToClient || type == 1) return type == 1 && load<u32>(at, 8) == 0 ? Probe.Yes : Probe.No;
  if (type != 0 || bswap<u32>(load<u32>(at, 8)) != 2 || bswap<u32>(load<u32>(at, 12)) != 100003) return Probe.No;
  const version = bswap<u32>(load<u32>(at, 16));
  return version >= 2 && version <= 4 ? Probe.Yes : Probe.No;
}

/** PostgreSQL (manual, Message Formats): a startup, SSL or cancel request; from the server an answer to it. */
export function pgsqlProbe(data: usize, length: u32, direction: u32): Probe {
  if (direction == Direction.ToClient) {
    if (length < 1) return Probe.More;
    const type = load<u8>(data);
    if (length == 1) return type == 0x4e || type == 0x53 ? Probe.Yes : Probe.No;
    return type == 0x52 || type == 0x45 || type == 0x4e || type == 0x53 ? Probe.Yes : Probe.No;
  }
  if (length < 8) return Probe.More;
  const size = bswap<u32>(load<u32>(data));
  const major = <u32>bswap<u16>(load<u16>(data, 4));
  const minor = <u32>bswap<u16>(load<u16>(data, 6));
  if (major == 1234) return minor >= 5678 && minor <= 5680 ? Probe.Yes : Probe.No;
  return size >= 8 && size < 65536 && (major == 2 || major == 3) ? Probe.Yes : Probe.No;
}

function begins(data: usize, length: u32, word: string): Probe {
  const guess = beginsWith(data, length, word, true);
  return guess == Guess.Yes ? Probe.Yes : guess == Guess.More ? Probe.More : Probe.No;
}

/** POP3 (RFC 1939): a status; from the client one of the commands before a login. */
export function pop3Probe(data: usize, length: u32, direction: u32): Probe {
  if (direction == Direction.ToClient) {
    const good = begins(data, length, "+OK");
    return good != Probe.No ? good : begins(data, length, "-ERR");
  }
  let best: Probe = begins(data, length, "USER ");
  if (best == Probe.No) best = begins(data, length, "APOP ");
  if (best == Probe.No) best = begins(data, length, "AUTH");
  if (best == Probe.No) best = begins(data, length, "CAPA");
  if (best == Probe.No) best = begins(data, length, "STLS");
  return best == Probe.No ? begins(data, length, "QUIT") : best;
}
