/**
 * The protocols whose transactions are kept values (app/values.ts), by AppProto. Of such a protocol `p` there are
 *
 *   pOpen(): usize   pParse(state, direction, data, length, flags): i32   pLog(tx)
 *
 * with the meaning they have in app/registry.ts; everything else is the same for all of them.
 */
import { AppProto } from "../abi/codes";
import { release } from "../memory/heap";
import { dhcpOpen, dhcpParse } from "./dhcp";
import { dhcpLog } from "./dhcp_log";
import { dnp3Log, dnp3Open, dnp3Parse, dnp3Release } from "./dnp3";
import { enipLog, enipOpen, enipParse } from "./enip";
import { ikeLog, ikeOpen, ikeParse } from "./ike";
import { PARSE_ERROR } from "./input";
import { krb5Log, krb5Open, krb5Parse } from "./krb5";
import { ldapOpen, ldapParse } from "./ldap";
import { ldapLog } from "./ldap_log";
import { modbusOpen, modbusParse } from "./modbus";
import { modbusLog } from "./modbus_log";
import { mqttOpen, mqttParse } from "./mqtt";
import { mqttLog } from "./mqtt_log";
import { nfsFreeTx, nfsParse } from "./nfs";
import { nfsLog } from "./nfs_log";
import { nfsOpen, nfsRelease } from "./nfs_state";
import { pgsqlOpen, pgsqlParse } from "./pgsql";
import { pgsqlLog } from "./pgsql_log";
import { pop3Log, pop3Open, pop3Parse } from "./pop3";
import { quicOpenState, quicParse, quicRelease } from "./quic";
import { quicLog } from "./quic_log";
import { rfbLog, rfbOpen, rfbParse } from "./rfb";
import { sipLog, sipOpen, sipParse } from "./sip";
import { snmpLog, snmpOpen, snmpParse } from "./snmp";
import { telnetOpen, telnetParse } from "./telnet";
import { tftpLog, tftpOpen, tftpParse } from "./tftp";
import { AppState, Tx } from "./transaction";
import { freeValues } from "./values";
import { websocketLog, websocketOpen, websocketParse, websocketRelease } from "./websocket";

export function keepsValues(proto: u32): bool {
  switch (proto) {
    case AppProto.Dhcp:
    case AppProto.Dnp3:
    case AppProto.Enip:
    case AppProto.Ike:
    case AppProto.Krb5:
    case AppProto.Ldap:
    case AppProto.Modbus:
    case AppProto.Mqtt:
    case AppProto.Nfs:
    case AppProto.Pgsql:
    case AppProto.Pop3:
    case AppProto.Quic:
    case AppProto.Rfb:
    case AppProto.Sip:
    case AppProto.Snmp:
    case AppProto.Telnet:
    case AppProto.Tftp:
    case AppProto.Websocket:
      return true;
    default:
      return false;
  }
}

export function openValueState(proto: u32): usize {
  switch (proto) {
    case AppProto.Dhcp:
      return dhcpOpen();
    case AppProto.Dnp3:
      return dnp3Open();
    case AppProto.Enip:
      return enipOpen();
    case AppProto.Ike:
      return ikeOpen();
    case AppProto.Krb5:
      return krb5Open();
    case AppProto.Ldap:
      return ldapOpen();
    case AppProto.Modbus:
      return modbusOpen();
    case AppProto.Mqtt:
      return mqttOpen();
    case AppProto.Nfs:
      return nfsOpen();
    case AppProto.Pgsql:
      return pgsqlOpen();
    case AppProto.Pop3:
      return pop3Open();
    case AppProto.Quic:
      return quicOpenState();
    case AppProto.Rfb:
      return rfbOpen();
    case AppProto.Sip:
      return sipOpen();
    case AppProto.Snmp:
      return snmpOpen();
    case AppProto.Telnet:
      return telnetOpen();
    case AppProto.Tftp:
      return tftpOpen();
    case AppProto.Websocket:
      return websocketOpen();
    default:
      return 0;
  }
}

export function parseValues(state: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  switch (<u32>state.proto) {
    case AppProto.Dhcp:
      return dhcpParse(state, direction, data, length, flags);
    case AppProto.Dnp3:
      return dnp3Parse(state, direction, data, length, flags);
    case AppProto.Enip:
      return enipParse(state, direction, data, length, flags);
    case AppProto.Ike:
      return ikeParse(state, direction, data, length, flags);
    case AppProto.Krb5:
      return krb5Parse(state, direction, data, length, flags);
    case AppProto.Ldap:
      return ldapParse(state, direction, data, length, flags);
    case AppProto.Modbus:
      return modbusParse(state, direction, data, length, flags);
    case AppProto.Mqtt:
      return mqttParse(state, direction, data, length, flags);
    case AppProto.Nfs:
      return nfsParse(state, direction, data, length, flags);
    case AppProto.Pgsql:
      return pgsqlParse(state, direction, data, length, flags);
    case AppProto.Pop3:
      return pop3Parse(state, direction, data, length, flags);
    case AppProto.Quic:
      return quicParse(state, direction, data, length, flags);
    case AppProto.Rfb:
      return rfbParse(state, direction, data, length, flags);
    case AppProto.Sip:
      return sipParse(state, direction, data, length, flags);
    case AppProto.Snmp:
      return snmpParse(state, direction, data, length, flags);
    case AppProto.Telnet:
      return telnetParse(state, direction, data, length, flags);
    case AppProto.Tftp:
      return tftpParse(state, direction, data, length, flags);
    case AppProto.Websocket:
      return websocketParse(state, direction, data, length, flags);
    default:
      return PARSE_ERROR;
  }
}

export function logValues(tx: Tx): void {
  switch (<u32>tx.proto) {
    case AppProto.Dhcp:
      dhcpLog(tx);
      break;
    case AppProto.Dnp3:
      dnp3Log(tx);
      break;
    case AppProto.Enip:
      enipLog(tx);
      break;
    case AppProto.Ike:
      ikeLog(tx);
      break;
    case AppProto.Krb5:
      krb5Log(tx);
      break;
    case AppProto.Ldap:
      ldapLog(tx);
      break;
    case AppProto.Modbus:
      modbusLog(tx);
      break;
    case AppProto.Mqtt:
      mqttLog(tx);
      break;
    case AppProto.Nfs:
      nfsLog(tx);
      break;
    case AppProto.Pgsql:
      pgsqlLog(tx);
      break;
    case AppProto.Pop3:
      pop3Log(tx);
      break;
    case AppProto.Quic:
      quicLog(tx);
      break;
    case AppProto.Rfb:
      rfbLog(tx);
      break;
    case AppProto.Sip:
      sipLog(tx);
      break;
    case AppProto.Snmp:
      snmpLog(tx);
      break;
    case AppProto.Tftp:
      tftpLog(tx);
      break;
    case AppProto.Websocket:
      websocketLog(tx);
      break;
    default:
      break;
  }
}

/** Frees a transaction with what hangs on it. */
export function freeValueTx(state: AppState, tx: Tx): void {
  if (state.proto == <u8>AppProto.Nfs) nfsFreeTx(state, tx);
  else freeValues(state, tx);
}

export function closeValueState(state: AppState): void {
  if (state.proto == <u8>AppProto.Dnp3) dnp3Release(state);
  else if (state.proto == <u8>AppProto.Nfs) nfsRelease(state);
  else if (state.proto == <u8>AppProto.Quic) quicRelease(state);
  else if (state.proto == <u8>AppProto.Websocket) websocketRelease(state);
  while (state.oldest != 0) freeValueTx(state, changetype<Tx>(state.oldest));
  release(changetype<usize>(state));
}
