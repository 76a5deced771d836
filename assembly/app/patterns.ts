/**
 * Protocols by patterns at fixed places of a direction's first bytes, on any port: those of Suricata's app-layer parsers. Some patterns
 * are only a hint that a probe confirms.
 */
import { AppProto, Direction, IpProto } from "../abi/codes";
import { dcerpcProbe } from "./dcerpc_probe";
import { isEnabled } from "./enabled";
import { beginsWith, Guess } from "./guess";
import { http1Probe } from "./http1_probe";
import { clearReversed, Probe, probeReversed } from "./probe";
import { smbProbe } from "./smb_probe";

/** Bytes behind which no pattern of a direction can match any more. */
const DEPTH_TO_SERVER: u32 = 17;
const DEPTH_TO_CLIENT: u32 = 10;
const DEPTH_UDP: u32 = 12;

/** No pattern can match any more, however many bytes follow. */
export let patternsDone: bool = false;
/** The bytes look like the other direction of the protocol. */
export let patternReversed: bool = false;

/** A confirming probe could not tell yet. */
let waits: bool = false;

function has(data: usize, length: u32, pattern: string, nocase: bool): bool {
  return beginsWith(data, length, pattern, nocase) == Guess.Yes;
}

/** The bytes `a b c` at `offset`. */
function hasThree(data: usize, length: u32, offset: u32, three: u32): bool {
  if (length < offset + 3) return false;
  const at = data + offset;
  return (((<u32>load<u8>(at)) << 16) | ((<u32>load<u8>(at, 1)) << 8) | load<u8>(at, 2)) == three;
}

function confirmed(answer: Probe): bool {
  if (answer == Probe.More) waits = true;
  return answer == Probe.Yes;
}

/** A hello of SSL 2.0 form, or any record of SSL 3.0 and TLS to the server. */
function isTlsToServer(data: usize, length: u32): bool {
  if (hasThree(data, length, 2, 0x010002)) return true;
  if (length < 3) return false;
  const version = <u32>bswap<u16>(load<u16>(data, 1));
  const first = <u32>load<u8>(data);
  if (version >= 0x0300 && version <= 0x0303 && (first == 0x16 || first == 0x01)) return true;
  return (
    hasThree(data, length, 2, 0x010300) || hasThree(data, length, 2, 0x010301) || hasThree(data, length, 2, 0x010302)
  );
}

function isTlsToClient(data: usize, length: u32): bool {
  if (length < 3) return false;
  const version = <u32>bswap<u16>(load<u16>(data, 1));
  const first = <u32>load<u8>(data);
  if (version >= 0x0300 && version <= 0x0303 && first >= 0x15 && first <= 0x17) return true;
  return length >= 7 && load<u8>(data, 5) == 0 && load<u8>(data, 6) == 2 && load<u8>(data, 2) == 4;
}

function isSmb(data: usize, length: u32): bool {
  if (length < 8) return false;
  const magic = load<u32>(data, 4);
  return magic == 0x424d53ff || magic == 0x424d53fe || magic == 0x424d53fd;
}

function isFtpToServer(data: usize, length: u32): bool {
  return (
    has(data, length, "FEAT", true) ||
    has(data, length, "USER ", true) ||
    has(data, length, "PASS ", true) ||
    has(data, length, "PORT ", true)
  );
}

function isSmtpToServer(data: usize, length: u32): bool {
  return has(data, length, "EHLO", true) || has(data, length, "HELO", true) || has(data, length, "QUIT", true);
}

function isSipMethod(data: usize, length: u32): bool {
  return (
    has(data, length, "REGISTER", false) ||
    has(data, length, "INVITE", false) ||
    has(data, length, "ACK", false) ||
    has(data, length, "BYE", false) ||
    has(data, length, "CANCEL", false) ||
    has(data, length, "UPDATE", false) ||
    has(data, length, "REFER", false) ||
    has(data, length, "PRACK", false) ||
    has(data, length, "SUBSCRIBE", false) ||
    has(data, length, "NOTIFY", false) ||
    has(data, length, "PUBLISH", false) ||
    has(data, length, "MESSAGE", false) ||
    has(data, length, "INFO", false)
  );
}

/** A client's CAPABILITY command behind a tag of up to six characters. */
function isImapToServer(data: usize, length: u32): bool {
  for (let i: u32 = 0; i <= 6 && i + 11 <= length; i++) if (has(data + i, length - i, " CAPABILITY", true)) return true;
  return false;
}

function isImapToClient(data: usize, length: u32): bool {
  return (
    has(data, length, "* OK ", true) ||
    has(data, length, "* NO ", true) ||
    has(data, length, "* BAD ", true) ||
    has(data, length, "* LIST ", true) ||
    has(data, length, "* ESEARCH ", true) ||
    has(data, length, "* STATUS ", true) ||
    has(data, length, "* FLAGS ", true)
  );
}

/** Patterns of both directions. The direction the bytes really have is that of the packet: probes tell when it is reversed. */
function eitherWay(direction: u32, data: usize, length: u32): u32 {
  if (isEnabled(AppProto.Ssh) && has(data, length, "SSH-", false)) return AppProto.Ssh;
  if (isEnabled(AppProto.Rfb) && has(data, length, "RFB ", false)) return AppProto.Rfb;
  if (isEnabled(AppProto.Smb) && isSmb(data, length) && confirmed(smbProbe(data, length, direction)))
    return AppProto.Smb;
  if (isEnabled(AppProto.Dcerpc) && length >= 2 && load<u16>(data) == 0x0005)
    if (confirmed(dcerpcProbe(data, length, direction))) return AppProto.Dcerpc;
  return AppProto.Unknown;
}

function toServer(data: usize, length: u32): u32 {
  if (isEnabled(AppProto.Http1) && http1Probe(data, length, Direction.ToServer) == Guess.Yes) return AppProto.Http1;
  if (isEnabled(AppProto.Tls) && isTlsToServer(data, length)) return AppProto.Tls;
  if (isEnabled(AppProto.Http2) && has(data, length, "PRI * HTTP/2.0\r\n", true)) return AppProto.Http2;
  if (isEnabled(AppProto.Smtp) && isSmtpToServer(data, length)) return AppProto.Smtp;
  if (isEnabled(AppProto.Ftp) && isFtpToServer(data, length)) return AppProto.Ftp;
  if (isEnabled(AppProto.Imap) && isImapToServer(data, length)) return AppProto.Imap;
  if (isEnabled(AppProto.Sip) && isSipMethod(data, length)) return AppProto.Sip;
  return AppProto.Unknown;
}

function toClient(data: usize, length: u32): u32 {
  if (isEnabled(AppProto.Http1) && http1Probe(data, length, Direction.ToClient) == Guess.Yes) return AppProto.Http1;
  if (isEnabled(AppProto.Tls) && isTlsToClient(data, length)) return AppProto.Tls;
  if (isEnabled(AppProto.Ftp) && has(data, length, "220 (", true)) return AppProto.Ftp;
  if (isEnabled(AppProto.Imap) && isImapToClient(data, length)) return AppProto.Imap;
  if (isEnabled(AppProto.Pop3) && (has(data, length, "+OK ", true) || has(data, length, "-ERR ", true)))
    return AppProto.Pop3;
  if (isEnabled(AppProto.Sip) && has(data, length, "SIP/2.0", false)) return AppProto.Sip;
  return AppProto.Unknown;
}

function udp(direction: u32, data: usize, length: u32): u32 {
  if (isEnabled(AppProto.Sip)) {
    if (direction == Direction.ToServer ? isSipMethod(data, length) : has(data, length, "SIP/2.0", false))
      return AppProto.Sip;
  }
  if (isEnabled(AppProto.Dcerpc) && length >= 80 && load<u16>(data) == 0x0004 && load<u8>(data, 2) < 64)
    return AppProto.Dcerpc;
  if (isEnabled(AppProto.BittorrentDht) && isDht(data, length)) return AppProto.BittorrentDht;
  return AppProto.Unknown;
}

/** BitTorrent's distributed hash table: a bencoded dictionary that is a query, a response or an error. */
function isDht(data: usize, length: u32): bool {
  return (
    has(data, length, "d1:ad2:id20:", false) ||
    has(data, length, "d1:rd2:id20:", false) ||
    has(data, length, "d2:ip", false) ||
    has(data, length, "d1:el", false)
  );
}

function patternsOf(direction: u32, transport: u32, data: usize, length: u32): u32 {
  if (transport == IpProto.Udp) return udp(direction, data, length);
  const either = eitherWay(direction, data, length);
  if (either != AppProto.Unknown) return either;
  return direction == Direction.ToServer ? toServer(data, length) : toClient(data, length);
}

function depthOf(direction: u32, transport: u32): u32 {
  if (transport == IpProto.Udp) return DEPTH_UDP;
  return direction == Direction.ToServer ? DEPTH_TO_SERVER : DEPTH_TO_CLIENT;
}

/** AppProto of the bytes, Unknown for none. `bothWays`: sessions may be picked up midstream, so the direction may be mistaken. */
export function findPattern(transport: u32, direction: u32, data: usize, length: u32, bothWays: bool): u32 {
  waits = false;
  patternReversed = false;
  clearReversed();
  let proto = patternsOf(direction, transport, data, length);
  patternsDone = proto != AppProto.Unknown || (!waits && length >= depthOf(direction, transport));
  if (proto != AppProto.Unknown) patternReversed = probeReversed;
  else if (bothWays) {
    proto = patternsOf(direction ^ 1, transport, data, length);
    if (proto != AppProto.Unknown) patternReversed = true;
    patternsDone = proto != AppProto.Unknown || (patternsDone && !waits && length >= depthOf(direction ^ 1, transport));
  }
  return proto;
}
