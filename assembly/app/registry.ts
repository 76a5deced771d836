/**
 * Every application protocol by its AppProto: the one place that knows them all. A protocol `p` gives:
 *
 * | function                                          | does                                                                        |
 * | ------------------------------------------------- | --------------------------------------------------------------------------- |
 * | pOpen(transport): usize                           | a state (app/transaction.ts openState), 0 when memory is refused             |
 * | pParse(state, direction, data, length, flags): i32 | reads input (app/input.ts); bytes consumed, or PARSE_ERROR                  |
 * | pClose(state)                                     | frees the state and every transaction left                                  |
 * | pFreeTx(state, tx)                                | frees what hangs on a finished transaction, then the record (`closeTx`)      |
 * | pBuffer(state, tx, buffer, direction, index): bool | hands out a buffer (app/view.ts); false: absent (or no such index)          |
 * | pNumber(state, tx, field, direction, index): bool | hands out a number (app/number.ts)                                          |
 * | pLog(state, tx)                                   | writes the transaction into the open event body (verdict/cbor.ts)           |
 *
 * Protocols that keep values (app/value_protocols.ts) come behind those named here.
 * Progress: a direction is complete at `completeProgress`.
 */
import { AppProto, Direction } from "../abi/codes";
import {
  FtpProgress,
  Http2Progress,
  HttpProgress,
  SimpleProgress,
  SmtpProgress,
  SshProgress,
  TlsProgress,
} from "../abi/progress";
import { dcerpcBuffer, dcerpcParse } from "./dcerpc";
import { dcerpcLog } from "./dcerpc_log";
import { dcerpcClose, dcerpcFreeTx, dcerpcOpen } from "./dcerpc_state";
import { dnsBuffer, dnsClose, dnsFreeTx, dnsNumber, dnsOpen, dnsParse, mdnsOpen } from "./dns";
import { dnsLog } from "./dns_log";
import { Expected } from "./expected";
import { ftpClose, ftpFreeTx, ftpOpen, ftpParse } from "./ftp";
import { ftpBuffer, ftpLog, ftpNumber } from "./ftp_buffers";
import {
  ftpDataAdopt,
  ftpDataBuffer,
  ftpDataClose,
  ftpDataFreeTx,
  ftpDataLog,
  ftpDataNumber,
  ftpDataParse,
} from "./ftp_data";
import { http1Close, http1FreeTx, http1Open, http1Parse } from "./http1";
import { http1Buffer, http1Number } from "./http1_buffers";
import { http1Log } from "./http1_log";
import { http2Close, http2FreeTx, http2Open, http2Parse } from "./http2";
import { http2Buffer, http2HasDns, http2Number } from "./http2_buffers";
import { http2Log } from "./http2_log";
import { http2Upgrade } from "./http2_upgrade";
import { nfsBuffer, nfsNumber } from "./nfs_buffers";
import { smbParse } from "./smb";
import { smbBuffer, smbNumber } from "./smb_buffers";
import { smbLog } from "./smb_log";
import { smbClose, smbFreeTx, smbOpen } from "./smb_state";
import { smtpClose, smtpFreeTx, smtpOpen, smtpParse } from "./smtp";
import { smtpBuffer, smtpNumber } from "./smtp_buffers";
import { smtpLog } from "./smtp_log";
import { sshBuffer, sshClose, sshFreeTx, sshOpen, sshParse } from "./ssh";
import { sshLog } from "./ssh_log";
import { tlsClose, tlsFreeTx, tlsOpen, tlsParse } from "./tls";
import { tlsBuffer, tlsNumber } from "./tls_buffers";
import { tlsLog } from "./tls_log";
import { AppState, Tx } from "./transaction";
import { closeValueState, freeValueTx, keepsValues, logValues, openValueState, parseValues } from "./value_protocols";
import { valueBuffer, valueNumber } from "./values";

/** Is there a parser for this protocol? Others are detected only. */
export function hasParser(proto: u32): bool {
  switch (proto) {
    case AppProto.Http1:
    case AppProto.Http2:
    case AppProto.Dns:
    case AppProto.Mdns:
    case AppProto.Dcerpc:
    case AppProto.Smb:
    case AppProto.Tls:
    case AppProto.Ssh:
    case AppProto.Ftp:
    case AppProto.FtpData:
    case AppProto.Smtp:
      return true;
    default:
      return keepsValues(proto);
  }
}

export function openApp(proto: u32, transport: u32): usize {
  switch (proto) {
    case AppProto.Http2:
      return http2Open(transport);
    case AppProto.Http1:
      return http1Open(transport);
    case AppProto.Dcerpc:
      return dcerpcOpen(transport);
    case AppProto.Smb:
      return smbOpen(transport);
    case AppProto.Dns:
      return dnsOpen(transport);
    case AppProto.Mdns:
      return mdnsOpen();
    case AppProto.Tls:
      return tlsOpen(transport);
    case AppProto.Ssh:
      return sshOpen(transport);
    case AppProto.Ftp:
      return ftpOpen(transport);
    case AppProto.Smtp:
      return smtpOpen(transport);
    default:
      return openValueState(proto);
  }
}

/** The state of a connection another conversation announced, 0 when there is no parser or no memory. */
export function adoptExpected(expected: Expected, transport: u32): usize {
  return expected.proto == <u8>AppProto.FtpData ? ftpDataAdopt(expected) : openApp(expected.proto, transport);
}

/** A conversation changes its protocol: the new state may take over from the old one what belongs to it. */
export function takeOver(state: AppState, old: AppState): void {
  if (state.proto == <u8>AppProto.Http2) http2Upgrade(state, old);
}

export function parseApp(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  switch (<u32>state.proto) {
    case AppProto.Http2:
    case AppProto.Doh2:
      return http2Parse(state, direction, data, length, flags);
    case AppProto.Http1:
      return http1Parse(state, direction, data, length, flags);
    case AppProto.Dcerpc:
      return dcerpcParse(state, direction, data, length, flags);
    case AppProto.Smb:
      return smbParse(state, direction, data, length, flags);
    case AppProto.Dns:
    case AppProto.Mdns:
      return dnsParse(state, direction, data, length, flags);
    case AppProto.Tls:
      return tlsParse(state, direction, data, length, flags);
    case AppProto.Ssh:
      return sshParse(state, direction, data, length, flags);
    case AppProto.Ftp:
      return ftpParse(state, direction, data, length, flags);
    case AppProto.FtpData:
      return ftpDataParse(state, direction, data, length, flags);
    case AppProto.Smtp:
      return smtpParse(state, direction, data, length, flags);
    default:
      return parseValues(state, direction, data, length, flags);
  }
}

export function closeApp(state: AppState): void {
  switch (<u32>state.proto) {
    case AppProto.Http2:
    case AppProto.Doh2:
      http2Close(state);
      break;
    case AppProto.Http1:
      http1Close(state);
      break;
    case AppProto.Dcerpc:
      dcerpcClose(state);
      break;
    case AppProto.Smb:
      smbClose(state);
      break;
    case AppProto.Dns:
    case AppProto.Mdns:
      dnsClose(state);
      break;
    case AppProto.Tls:
      tlsClose(state);
      break;
    case AppProto.Ssh:
      sshClose(state);
      break;
    case AppProto.Ftp:
      ftpClose(state);
      break;
    case AppProto.FtpData:
      ftpDataClose(state);
      break;
    case AppProto.Smtp:
      smtpClose(state);
      break;
    default:
      closeValueState(state);
  }
}

export function freeTx(state: AppState, tx: Tx): void {
  switch (<u32>state.proto) {
    case AppProto.Http2:
    case AppProto.Doh2:
      http2FreeTx(state, tx);
      break;
    case AppProto.Http1:
      http1FreeTx(state, tx);
      break;
    case AppProto.Dcerpc:
      dcerpcFreeTx(state, tx);
      break;
    case AppProto.Smb:
      smbFreeTx(state, tx);
      break;
    case AppProto.Dns:
    case AppProto.Mdns:
      dnsFreeTx(state, tx);
      break;
    case AppProto.Tls:
      tlsFreeTx(state, tx);
      break;
    case AppProto.Ssh:
      sshFreeTx(state, tx);
      break;
    case AppProto.Ftp:
      ftpFreeTx(state, tx);
      break;
    case AppProto.FtpData:
      ftpDataFreeTx(state, tx);
      break;
    case AppProto.Smtp:
      smtpFreeTx(state, tx);
      break;
    default:
      freeValueTx(state, tx);
  }
}

export function appBuffer(state: AppState, tx: Tx, buffer: u32, direction: u32, index: u32): bool {
  switch (<u32>state.proto) {
    case AppProto.Http2:
    case AppProto.Doh2:
      return http2Buffer(state, tx, buffer, direction, index);
    case AppProto.Http1:
      return http1Buffer(state, tx, buffer, direction, index);
    case AppProto.Dcerpc:
      return dcerpcBuffer(state, tx, buffer, direction, index);
    case AppProto.Smb:
      return smbBuffer(state, tx, buffer, direction, index);
    case AppProto.Dns:
    case AppProto.Mdns:
      return dnsBuffer(state, tx, buffer, direction, index);
    case AppProto.Tls:
      return tlsBuffer(state, tx, buffer, direction, index);
    case AppProto.Ssh:
      return sshBuffer(state, tx, buffer, direction, index);
    case AppProto.Ftp:
      return ftpBuffer(state, tx, buffer, direction, index);
    case AppProto.FtpData:
      return ftpDataBuffer(state, tx, buffer, direction, index);
    case AppProto.Smtp:
      return smtpBuffer(state, tx, buffer, direction, index);
    case AppProto.Nfs:
      return nfsBuffer(state, tx, buffer, direction, index);
    default:
      return keepsValues(tx.proto) && valueBuffer(tx, buffer, direction, index);
  }
}

export function appNumber(state: AppState, tx: Tx, field: u32, direction: u32, index: u32): bool {
  switch (<u32>state.proto) {
    case AppProto.Http2:
    case AppProto.Doh2:
      return http2Number(state, tx, field, direction, index);
    case AppProto.Http1:
      return http1Number(state, tx, field, direction, index);
    case AppProto.Smb:
      return smbNumber(state, tx, field, direction, index);
    case AppProto.Dns:
    case AppProto.Mdns:
      return dnsNumber(state, tx, field, direction, index);
    case AppProto.Tls:
      return tlsNumber(state, tx, field, direction, index);
    case AppProto.Ftp:
      return ftpNumber(state, tx, field, direction, index);
    case AppProto.FtpData:
      return ftpDataNumber(state, tx, field, direction, index);
    case AppProto.Smtp:
      return smtpNumber(state, tx, field, direction, index);
    case AppProto.Nfs:
      return nfsNumber(state, tx, field, direction, index);
    default:
      return keepsValues(tx.proto) && valueNumber(tx, field, direction, index);
  }
}

/** Writes the protocol's part of an event: `http: {...}`, `dns: {...}` ... */
export function logApp(state: AppState, tx: Tx): void {
  switch (<u32>state.proto) {
    case AppProto.Http2:
    case AppProto.Doh2:
      http2Log(tx);
      break;
    case AppProto.Http1:
      http1Log(state, tx);
      break;
    case AppProto.Dcerpc:
      dcerpcLog(state, tx);
      break;
    case AppProto.Smb:
      smbLog(state, tx);
      break;
    case AppProto.Dns:
    case AppProto.Mdns:
      dnsLog(tx);
      break;
    case AppProto.Tls:
      tlsLog(state, tx);
      break;
    case AppProto.Ssh:
      sshLog(tx);
      break;
    case AppProto.Ftp:
      ftpLog(tx);
      break;
    case AppProto.FtpData:
      ftpDataLog(state);
      break;
    case AppProto.Smtp:
      smtpLog(state, tx);
      break;
    default:
      logValues(tx);
  }
}

/** Is there a message of `proto` inside the transaction to look at? True for what is not inside another protocol. */
export function hasInner(tx: Tx, proto: u32, direction: u32): bool {
  return !isInner(tx, proto) || http2HasDns(tx, direction);
}

/** Does a protocol's message travel inside this transaction: DNS in DoH2? */
export function isInner(tx: Tx, proto: u32): bool {
  return tx.proto == <u8>AppProto.Doh2 && proto == <u32>AppProto.Dns;
}

/** The progress at which a direction of a transaction is over. */
export function completeProgress(proto: u32, direction: u32): u32 {
  switch (proto) {
    case AppProto.Http2:
    case AppProto.Doh2:
      return Http2Progress.Complete;
    case AppProto.Http1:
      return HttpProgress.Complete;
    case AppProto.Tls:
      return TlsProgress.Finished;
    case AppProto.Ssh:
      return SshProgress.Finished;
    case AppProto.Smtp:
      return SmtpProgress.Complete;
    case AppProto.Ftp:
      return FtpProgress.Finished;
    default:
      return SimpleProgress.Complete;
  }
}

/** Are both directions of the transaction over? */
export function isComplete(tx: Tx): bool {
  return (
    <u32>tx.progressToServer >= completeProgress(tx.proto, Direction.ToServer) &&
    <u32>tx.progressToClient >= completeProgress(tx.proto, Direction.ToClient)
  );
}
