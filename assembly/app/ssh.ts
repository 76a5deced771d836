/**
 * SSH (RFC 4253): the banners, then binary packets until both sides switched to new keys; the rest is encrypted. One transaction a
 * connection. The key exchange offers give the HASSH fingerprints.
 */
import { AppEvent } from "../abi/app_events";
import { Buffer } from "../abi/buffers";
import { AppProto, Direction } from "../abi/codes";
import { SshProgress } from "../abi/progress";
import { Setting } from "../abi/settings";
import { Account, release } from "../memory/heap";
import { setting } from "../memory/settings";
import { noteFrame } from "./frame";
import { InputFlag, PARSE_ERROR } from "./input";
import { hasshOf } from "./ssh_hassh";
import { freeText, setText, Text } from "./text";
import { AppState, closeTx, StateFlag, Tx, whenEncrypted } from "./transaction";
import { openTwoSided, TwoSidedTx } from "./two_sided";
import { view } from "./view";

enum Message {
  KexInit = 20,
  NewKeys = 21,
}

const MAX_BANNER: u32 = 256;
const RECORD_HEADER: u32 = 6;
const MAX_KEX_RECORD: u32 = 65535;

/** What one side sent. */
@unmanaged
export class SshSide {
  protocolData: usize;
  protocolLength: u32;
  softwareData: usize;
  softwareLength: u32;
  hasshData: usize;
  hasshLength: u32;
  hasshTextData: usize;
  hasshTextLength: u32;
  /** Bytes of the record at hand still to come; they are skipped. */
  skip: u32;
  /** SshProgress */
  phase: u8;
  failed: bool;

  get protocol(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SshSide>("protocolData"));
  }
  get software(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SshSide>("softwareData"));
  }
  get hassh(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SshSide>("hasshData"));
  }
  get hasshText(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<SshSide>("hasshTextData"));
  }
}

export function sshSide(tx: TwoSidedTx, direction: u32): SshSide {
  return changetype<SshSide>(tx.side(direction));
}

export function sshOpen(_transport: u32): usize {
  return openTwoSided(AppProto.Ssh, <u32>offsetof<TwoSidedTx>(), <u32>offsetof<SshSide>());
}

function freeSide(side: SshSide): void {
  freeText(side.protocol);
  freeText(side.software);
  freeText(side.hassh);
  freeText(side.hasshText);
}

export function sshFreeTx(state: AppState, base: Tx): void {
  const tx = changetype<TwoSidedTx>(changetype<usize>(base));
  freeSide(sshSide(tx, Direction.ToServer));
  freeSide(sshSide(tx, Direction.ToClient));
  closeTx(state, base);
}

export function sshClose(state: AppState): void {
  while (state.oldest != 0) sshFreeTx(state, changetype<Tx>(state.oldest));
  release(changetype<usize>(state));
}

function fail(tx: TwoSidedTx, side: SshSide, event: u32): i32 {
  side.failed = true;
  tx.raise(event);
  return PARSE_ERROR;
}

export function sshParse(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if (state.oldest == 0) return <i32>length;
  const tx = changetype<TwoSidedTx>(state.oldest);
  const side = sshSide(tx, direction);
  tx.advance(direction, side.phase);
  if (side.failed) return <i32>length;
  // Behind a gap the next record cannot be found, unless all of it lies in the one being skipped.
  if ((flags & InputFlag.Gap) != 0) {
    if (side.skip < length) return PARSE_ERROR;
    side.skip -= length;
    return <i32>length;
  }
  let at: u32 = 0;
  if (<i32>side.phase < SshProgress.BannerDone) {
    const taken = banner(tx, side, data, length);
    if (taken < 0) return PARSE_ERROR;
    tx.advance(direction, side.phase);
    if (<i32>side.phase < SshProgress.BannerDone) return taken;
    at = <u32>taken;
    state.flags |= direction == Direction.ToServer ? StateFlag.InspectRawToServer : StateFlag.InspectRawToClient;
  }
  return records(state, tx, side, direction, data, length, at);
}

/** The identification line (RFC 4253 section 4.2). Bytes taken, 0 while it is not whole, or PARSE_ERROR. */
function banner(tx: TwoSidedTx, side: SshSide, data: usize, length: u32): i32 {
  let end: u32 = 0;
  while (end < length && load<u8>(data + end) != 0x0a && load<u8>(data + end) != 0x0d) end++;
  if (end < length && load<u8>(data + end) == 0x0d && end + 1 == length) {
    // Whether LF follows is not known yet.
    return 0;
  }
  const whole = end < length;
  let behind = end;
  if (whole) behind += load<u8>(data + end) == 0x0d && load<u8>(data + end + 1) == 0x0a ? 2 : 1;
  if (side.phase == <u8>SshProgress.BannerWaitEol) {
    if (!whole) return <i32>length;
    side.phase = <u8>SshProgress.BannerDone;
    return <i32>behind;
  }
  if (!whole && length < MAX_BANNER) return 0;
  if (!readBanner(side, data, end)) return fail(tx, side, AppEvent.ssh__invalid_banner);
  if (end >= MAX_BANNER) tx.raise(AppEvent.ssh__long_banner);
  side.phase = <u8>(whole ? SshProgress.BannerDone : SshProgress.BannerWaitEol);
  return whole ? <i32>behind : <i32>length;
}

/** `SSH-protocol-software comment`. */
function readBanner(side: SshSide, data: usize, length: u32): bool {
  if (length < 5 || load<u32>(data) != 0x2d485353) return false;
  let dash: u32 = 4;
  while (dash < length && load<u8>(data + dash) != 0x2d) dash++;
  if (dash == 4 || dash >= length) return false;
  setText(side.protocol, Account.App, data + 4, dash - 4);
  let end = dash + 1;
  while (end < length && load<u8>(data + end) != 0x20) end++;
  setText(side.software, Account.App, data + dash + 1, end - dash - 1);
  return true;
}

/** Binary packets (RFC 4253 section 6) from `at` on. Bytes taken, or PARSE_ERROR. */
function records(
  state: AppState,
  tx: TwoSidedTx,
  side: SshSide,
  direction: u32,
  data: usize,
  length: u32,
  at: u32,
): i32 {
  while (at < length) {
    if (side.skip > 0) {
      const n = min<u32>(side.skip, length - at);
      side.skip -= n;
      at += n;
      continue;
    }
    const rest = length - at;
    if (rest < RECORD_HEADER) break;
    const size = bswap<u32>(load<u32>(data + at));
    if (size < 2) return fail(tx, side, AppEvent.ssh__invalid_record);
    const body = size - 2;
    const code = <i32>load<u8>(data + at, 5);
    if (code == Message.KexInit && setting(Setting.SshHassh) != 0) {
      if (body > rest - RECORD_HEADER && body < MAX_KEX_RECORD) break;
      if (body <= rest - RECORD_HEADER) hasshOf(side, direction, data + at + RECORD_HEADER, body);
      else tx.raise(AppEvent.ssh__long_kex_record);
    } else if (code == Message.NewKeys) newKeys(state, tx, side, direction);
    noteFrame(state, direction, "record_hdr", data + at, RECORD_HEADER);
    noteFrame(state, direction, "record_data", data + at + RECORD_HEADER, body);
    noteFrame(state, direction, "record_pdu", data + at, <u64>body + RECORD_HEADER);
    at += RECORD_HEADER;
    side.skip = body;
  }
  return <i32>at;
}

/** This side encrypts from here on; once both do nothing is left to look at. */
function newKeys(state: AppState, tx: TwoSidedTx, side: SshSide, direction: u32): void {
  side.phase = <u8>SshProgress.Finished;
  if (sshSide(tx, direction ^ 1).phase != <u8>SshProgress.Finished) return;
  tx.advance(Direction.ToServer, SshProgress.Finished);
  tx.advance(Direction.ToClient, SshProgress.Finished);
  state.flags |= whenEncrypted(setting(Setting.SshEncryptionHandling));
}

function text(t: Text): bool {
  return t.length > 0 && view(t.data, t.length);
}

export function sshBuffer(_state: AppState, base: Tx, buffer: u32, direction: u32, index: u32): bool {
  if (index > 0) return false;
  const tx = changetype<TwoSidedTx>(changetype<usize>(base));
  switch (buffer) {
    case Buffer.ssh__proto:
      return text(sshSide(tx, direction).protocol);
    case Buffer.ssh__software:
      return text(sshSide(tx, direction).software);
    case Buffer.ssh__hassh:
      return text(sshSide(tx, Direction.ToServer).hassh);
    case Buffer.ssh__hassh__string:
      return text(sshSide(tx, Direction.ToServer).hasshText);
    case Buffer.ssh__hassh__server:
      return text(sshSide(tx, Direction.ToClient).hassh);
    case Buffer.ssh__hassh__server__string:
      return text(sshSide(tx, Direction.ToClient).hasshText);
    default:
      return false;
  }
}
