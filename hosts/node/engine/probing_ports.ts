/** `app-layer.protocols.P.detection-ports` as words of the core's settings table (Setting.ProbePorts). */
import { AppProto } from "../../../assembly/abi/codes.ts";
import { Setting } from "../../../assembly/abi/settings.ts";
import { VpatchError } from "../errors.ts";
import { appProtoName } from "../eve/names.ts";

interface DetectionPorts {
  dp?: string | undefined;
  sp?: string | undefined;
  toserver?: string | undefined;
}

/** The part of a protocol's settings, or of one of its transports, that names ports. */
export interface ProbedProtocol {
  enabled?: string;
  "detection-ports"?: DetectionPorts;
}

interface ProbedTransports extends ProbedProtocol {
  tcp?: ProbedProtocol;
  udp?: ProbedProtocol;
}

const UDP = 0x1_0000;
const CLIENT = 0x2_0000;

/** The usual ports: of servers, and of clients where those are fixed too. As Suricata's parsers have them. */
const USUAL: readonly (readonly [AppProto, { tcp?: DetectionPorts; udp?: DetectionPorts }])[] = [
  [AppProto.Tls, { tcp: { dp: "443" } }],
  [AppProto.Http2, { tcp: { dp: "80" } }],
  [AppProto.Smtp, { tcp: { dp: "25,465" } }],
  [AppProto.Dns, { tcp: { dp: "53" }, udp: { dp: "53" } }],
  [AppProto.Mdns, { udp: { dp: "5353" } }],
  [AppProto.Smb, { tcp: { dp: "139,445" } }],
  [AppProto.Pop3, { tcp: { dp: "110" } }],
  [AppProto.Telnet, { tcp: { dp: "23" } }],
  [AppProto.Rdp, { tcp: { dp: "3389" } }],
  [AppProto.Ldap, { tcp: { dp: "389,3268" }, udp: { dp: "389,3268" } }],
  [AppProto.Krb5, { tcp: { dp: "88" }, udp: { dp: "88" } }],
  [AppProto.Snmp, { udp: { dp: "161,162" } }],
  [AppProto.Mqtt, { tcp: { dp: "1883" } }],
  [AppProto.Nfs, { tcp: { dp: "2049" }, udp: { dp: "2049" } }],
  [AppProto.Tftp, { udp: { dp: "69" } }],
  [AppProto.Dhcp, { udp: { dp: "67,68" } }],
  [AppProto.Quic, { udp: { dp: "443,80" } }],
  [AppProto.Ike, { udp: { dp: "500,4500" } }],
  [AppProto.Pgsql, { tcp: { dp: "5432" } }],
  [AppProto.Modbus, { tcp: { dp: "502" } }],
  [AppProto.Dnp3, { tcp: { dp: "20000", sp: "20000" } }],
  [AppProto.Enip, { tcp: { dp: "44818", sp: "44818" }, udp: { dp: "44818", sp: "44818" } }],
  [AppProto.Ntp, { udp: { dp: "123" } }],
];

function numbers(text: string | undefined, protocol: string): number[] {
  if (text === undefined) return [];
  const parts = text.replaceAll(/[[\]\s]/g, "").split(",");
  return parts
    .filter((part) => part !== "" && part !== "any")
    .flatMap((part) => {
      const range = /^(\d+)(?:[-:](\d+))?$/.exec(part);
      const from = Number(range?.[1]);
      const to = Number(range?.[2] ?? from);
      if (!range || to > 65535 || from > to || to - from > 64) {
        throw new VpatchError(
          "VPATCH_CONFIG",
          `app-layer.protocols.${protocol}.detection-ports: "${part}" is no port`,
          {
            remedy: "give port numbers, separated by commas",
          },
        );
      }
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

/**
 * The words of Setting.ProbePorts, ended by the table's zeros.
 * @throws VpatchError when there are more ports than the table holds, or a port is none
 */
export function probingPorts(
  named: Readonly<Record<string, ProbedTransports | undefined>>,
  protos: readonly AppProto[],
): number[] {
  const usual = new Map(USUAL);
  const words = protos.flatMap((proto) => {
    const name = appProtoName(proto);
    const settings = named[name];
    const known = usual.get(proto) ?? {};
    return (["tcp", "udp"] as const).flatMap((transport) => {
      if (settings?.[transport]?.enabled === "no") return [];
      const own = settings?.[transport]?.["detection-ports"];
      const shared = settings?.["detection-ports"];
      const given = [own, shared].find((ports) => ports?.dp ?? ports?.sp ?? ports?.toserver);
      const ports = known[transport] === undefined ? {} : (given ?? known[transport]);
      const base = proto * 2 ** 24 + (transport === "udp" ? UDP : 0);
      return [
        ...numbers(ports.dp ?? ports.toserver, name).map((port) => base + port),
        ...numbers(ports.sp, name).map((port) => base + CLIENT + port),
      ];
    });
  });
  const room = Setting.HostOsNetworks - Setting.ProbePorts;
  if (words.length > room) {
    throw new VpatchError("VPATCH_CONFIG", `${words.length} detection ports, there is room for ${room}`, {
      remedy: "name fewer ports under app-layer.protocols",
    });
  }
  return words;
}
