/**
 * Protocols bound to ports: a probe looks at the first bytes when a port of the flow is one of the protocol's (settings: ProbePorts, the
 * host's `app-layer.protocols.P.detection-ports`). `probe` is the one place that knows them all.
 */
import { AppProto, Direction, IpProto } from "../abi/codes";
import { dhcpProbe, ikeProbe, ntpProbe, quicProbe, snmpProbe, tftpProbe } from "./datagram_probe";
import { dcerpcProbe } from "./dcerpc_probe";
import { dnsProbe } from "./dns";
import { isResponse } from "./dns_message";
import { Guess } from "./guess";
import { http2Probe } from "./http2_probe";
import { dnp3Probe, enipProbe, modbusProbe } from "./industrial_probe";
import { Probe, yesFrom } from "./probe";
import { krb5Probe, ldapProbe, mqttProbe, nfsProbe, pgsqlProbe, pop3Probe, rdpProbe } from "./service_probe";
import { smbProbe } from "./smb_probe";

/** Is there a probe for this direction at all? */
export function hasProbe(proto: u32, direction: u32): bool {
  switch (proto) {
    case AppProto.Tls:
      return direction == Direction.ToServer;
    case AppProto.Http2:
    case AppProto.Smtp:
      return direction == Direction.ToClient;
    case AppProto.Dns:
    case AppProto.Mdns:
    case AppProto.Smb:
    case AppProto.Dcerpc:
    case AppProto.Rdp:
    case AppProto.Ldap:
    case AppProto.Krb5:
    case AppProto.Snmp:
    case AppProto.Mqtt:
    case AppProto.Nfs:
    case AppProto.Tftp:
    case AppProto.Dhcp:
    case AppProto.Quic:
    case AppProto.Ike:
    case AppProto.Pgsql:
    case AppProto.Modbus:
    case AppProto.Dnp3:
    case AppProto.Enip:
    case AppProto.Ntp:
    case AppProto.Telnet:
    case AppProto.Pop3:
    case AppProto.Websocket:
      return true;
    default:
      return false;
  }
}

/** Bytes below which the probe is not asked. */
export function leastBytes(proto: u32): u32 {
  switch (proto) {
    case AppProto.Http2:
      return 9;
    case AppProto.Rdp:
      return 3;
    case AppProto.Telnet:
      return 2;
    case AppProto.Modbus:
      return 8;
    case AppProto.Dnp3:
      return 10;
    case AppProto.Enip:
      return 4;
    default:
      return 1;
  }
}

/** Bytes after which a probe that could not tell counts as No; 0: never. */
export function mostBytes(proto: u32): u32 {
  switch (proto) {
    case AppProto.Tls:
      return 3;
    case AppProto.Http2:
      return 24;
    case AppProto.Smtp:
      return 5;
    case AppProto.Mqtt:
    case AppProto.Websocket:
      return 16;
    default:
      return 0;
  }
}

/** Asks the probe of `proto` about the first bytes of a direction. */
export function probe(proto: u32, transport: u32, direction: u32, data: usize, length: u32): Probe {
  const stream = transport == IpProto.Tcp;
  switch (proto) {
    case AppProto.Tls:
      if (length < 3) return Probe.More;
      return load<u8>(data) == 0x80 && load<u8>(data, 2) == 1 ? Probe.Yes : Probe.No;
    case AppProto.Http2:
      return http2Probe(data, length);
    case AppProto.Smtp:
      return greeting(data, length);
    case AppProto.Dns:
      return dns(data, length, stream, direction);
    case AppProto.Mdns:
      return dnsProbe(data, length, false) == Guess.Yes ? yesFrom(Direction.ToServer, direction) : Probe.No;
    case AppProto.Smb:
      return smbProbe(data, length, direction);
    case AppProto.Dcerpc:
      return dcerpcProbe(data, length, direction);
    case AppProto.Rdp:
      return rdpProbe(data, length);
    case AppProto.Ldap:
      return ldapProbe(data, length);
    case AppProto.Krb5:
      return krb5Probe(data, length, stream);
    case AppProto.Snmp:
      return snmpProbe(data, length);
    case AppProto.Mqtt:
      return mqttProbe(data, length);
    case AppProto.Nfs:
      return nfsProbe(data, length, stream, direction);
    case AppProto.Tftp:
      return tftpProbe(data, length);
    case AppProto.Dhcp:
      return dhcpProbe(data, length);
    case AppProto.Quic:
      return quicProbe(data, length);
    case AppProto.Ike:
      return ikeProbe(data, length, direction);
    case AppProto.Pgsql:
      return pgsqlProbe(data, length, direction);
    case AppProto.Modbus:
      return modbusProbe(data, length);
    case AppProto.Dnp3:
      return dnp3Probe(data, length);
    case AppProto.Enip:
      return enipProbe(data, length);
    case AppProto.Ntp:
      return ntpProbe(data, length);
    case AppProto.Telnet:
      // Anything on its port, as in Suricata.
      return Probe.Yes;
    case AppProto.Pop3:
      return pop3Probe(data, length, direction);
    case AppProto.Websocket:
      // Reserved bits are 0, but the one that says compressed.
      return (load<u8>(data) & 0x30) == 0 ? Probe.Yes : Probe.No;
    default:
      return Probe.No;
  }
}

/** A server's first line: `220 ` or another reply code, not a TLS alert. */
function greeting(data: usize, length: u32): Probe {
  if (length < 5) return Probe.More;
  for (let i: u32 = 0; i < 3; i++) if (<u32>load<u8>(data + i) - 0x30 > 9) return Probe.No;
  const mark = load<u8>(data, 3);
  return mark == 0x20 || mark == 0x2d ? Probe.Yes : Probe.No;
}

function dns(data: usize, length: u32, stream: bool, direction: u32): Probe {
  const guess = dnsProbe(data, length, stream);
  if (guess != Guess.Yes) return guess == Guess.More ? Probe.More : Probe.No;
  return yesFrom(isResponse(stream ? data + 2 : data) ? Direction.ToClient : Direction.ToServer, direction);
}
