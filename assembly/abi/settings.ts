/**
 * Settings of `configure`: an array of u32, one a member, in this order. A host writes them at `settings_address()` before `configure`.
 * The mode and what follows from it (Prevent, StreamInline, the policies, DropInvalid) may be written again before a `load`, between two batches.
 * Where a setting means what one of suricata.yaml means, the comment gives that name. Sizes are in bytes, times in seconds.
 */
export enum Setting {
  /** 0 detection (IDS: verdicts always pass, would-drop is recorded), 1 prevention (inline). */
  Prevent = 0,
  // Capacities: all memory of the core follows from these.
  FrameBytes,
  FrameSlots,
  EventBytes,
  DatabaseBytes,
  HeapBytes,
  Flows,
  TcpSessions,
  /** defrag.trackers */
  DefragTrackers,
  /** Pool of rule state: flow bits, transaction rule state, thresholds, xbits. */
  RuleStateItems,
  HashSeed,
  // Memcaps, 0 = only HeapBytes bounds it.
  /** defrag.memcap */
  DefragMemcap,
  /** stream.memcap */
  StreamMemcap,
  /** stream.reassembly.memcap */
  ReassemblyMemcap,
  /** app-layer.protocols.http.memcap */
  HttpMemcap,
  // Decoding.
  /** stream.checksum-validation */
  StreamChecksumValidation,
  /** 1: frames with bad IP/TCP/UDP/ICMP checksums get their events (`pcap-file.checksum-checks`) */
  ChecksumEvents,
  /** vlan.use-for-tracking */
  VlanTracking,
  /** decoder.teredo.enabled, .ports (up to 4 ports below) */
  Teredo,
  TeredoPort,
  Vxlan,
  VxlanPort,
  Geneve,
  GenevePort,
  ErspanTypeI,
  MaxLayers,
  // Defragmentation.
  /** defrag.timeout */
  DefragTimeout,
  /** TargetOs of the hosts that HostOsNetworks says nothing of */
  HostOs,
  // Flow timeouts: flow-timeouts.PROTO.{new,established,closed,bypassed}, default, tcp, udp, icmp.
  DefaultNew,
  DefaultEstablished,
  DefaultClosed,
  DefaultBypassed,
  TcpNew,
  TcpEstablished,
  TcpClosed,
  TcpBypassed,
  UdpNew,
  UdpEstablished,
  UdpBypassed,
  IcmpNew,
  IcmpEstablished,
  IcmpBypassed,
  // Stream.
  /** stream.midstream */
  Midstream,
  /** stream.async-oneside */
  AsyncOneside,
  /** stream.inline: 1 inspects data before it is acknowledged (`auto`: as Prevent). */
  StreamInline,
  /** stream.bypass */
  StreamBypass,
  /** stream.drop-invalid */
  DropInvalid,
  /** stream.max-syn-queued */
  MaxSynQueued,
  /** stream.max-synack-queued */
  MaxSynAckQueued,
  /** stream.reassembly.depth, 0 = no limit */
  ReassemblyDepth,
  /** stream.reassembly.toserver-chunk-size */
  ToServerChunk,
  /** stream.reassembly.toclient-chunk-size */
  ToClientChunk,
  /** stream.reassembly.raw */
  RawReassembly,
  /** stream.reassembly.max-regions */
  MaxRegions,
  /** stream.reassembly.urgent.policy: 0 oob, 1 inline, 2 drop, 3 gap */
  UrgentPolicy,
  /** stream.reassembly.urgent.oob-limit-policy */
  UrgentOobLimitPolicy,
  // Exception policies (ExceptionPolicy).
  /** stream.memcap-policy */
  StreamMemcapPolicy,
  /** stream.reassembly.memcap-policy */
  ReassemblyMemcapPolicy,
  /** stream.midstream-policy */
  MidstreamPolicy,
  /** flow.memcap-policy */
  FlowMemcapPolicy,
  /** defrag.memcap-policy */
  DefragMemcapPolicy,
  /** app-layer.error-policy */
  AppLayerErrorPolicy,
  /** What happens to a frame whose cost exceeds its budget. */
  BudgetPolicy,
  // Detection.
  /** packet-alert-max */
  PacketAlertMax,
  /** detect.inspection-recursion-limit */
  RecursionLimit,
  /** pcre.match-limit */
  PcreMatchLimit,
  /** detect.guess-applayer-tx */
  GuessAppLayerTx,
  /** detect.stream-tx-log-limit */
  StreamTxLogLimit,
  /** Cost units (abi/cost.ts) a packet may spend; 0 = no limit. */
  PacketBudget,
  /** Cost units a flow, a rule may spend within one second of traffic; 0 = no limit. */
  FlowBudget,
  RuleBudget,
  /** Seconds a rule is suspended that spent more. */
  RuleSuspension,
  /** sid of a rule whose every step becomes an event (abi/trace.ts); 0 = none. */
  TraceSid,
  // Application layer.
  /** app-layer.protocols.PROTO.enabled: bit AppProto of two words (AppEnabledLow, AppEnabledHigh); detection-only: bit in the DetectOnly words. */
  AppEnabledLow,
  AppEnabledHigh,
  AppDetectOnlyLow,
  AppDetectOnlyHigh,
  /** app-layer.protocols.http.libhtp.default-config.*; the personality is an HttpPersonality */
  HttpPersonality,
  HttpRequestBodyLimit,
  HttpResponseBodyLimit,
  HttpRequestBodyMinInspect,
  HttpRequestBodyInspectWindow,
  HttpResponseBodyMinInspect,
  HttpResponseBodyInspectWindow,
  /** http-body-inline: 0 no, 1 yes, 2 auto (as Prevent) */
  HttpBodyInline,
  HttpDoubleDecodePath,
  HttpDoubleDecodeQuery,
  /** response-body-decompress-layer-limit */
  HttpDecompressLayers,
  HttpLzmaEnabled,
  HttpLzmaMemlimit,
  HttpBombLimit,
  HttpDecompressTimeLimit,
  HttpMaxRequestHeaders,
  HttpMaxTx,
  HttpMetaFieldLimit,
  HttpUriIncludeAll,
  HttpQueryPlusSpace,
  /** app-layer.protocols.smtp.* */
  SmtpDecodeMime,
  SmtpDecodeBase64,
  SmtpDecodeQuotedPrintable,
  SmtpHeaderValueDepth,
  SmtpExtractUrls,
  SmtpBodyMd5,
  SmtpContentLimit,
  SmtpContentInspectMinSize,
  SmtpContentInspectWindow,
  SmtpRawExtraction,
  /** app-layer.protocols.ftp.memcap */
  FtpMemcap,
  /** app-layer.protocols.ftp.max-tx */
  FtpMaxTx,
  /** app-layer.protocols.tls.encryption-handling: 0 default, 1 bypass, 2 full */
  TlsEncryptionHandling,
  /** app-layer.protocols.tls.ja3-fingerprints / ja4-fingerprints: 0 off, 1 on (auto: the host decides from the rules) */
  TlsJa3,
  TlsJa4,
  /** app-layer.protocols.ssh.hassh */
  SshHassh,
  /** asn1-max-frames */
  Asn1MaxFrames,
  // What is written besides alerts: bit of EventType.
  EventTypes,
  /** Transactions logged: bit AppProto of two words. */
  LogTxLow,
  LogTxHigh,
  /** What events carry of their packet, bits: 1 alerts `payload`, 2 alerts `packet`, 4 all `ether`. */
  AlertPayload,
  /**
   * app-layer.protocols.P.detection-ports: up to 128 words to the end of the table, 0 ends them. Port in the low 16 bits, bit 16: UDP,
   * bit 17: the client's port (sp), AppProto from bit 24 on.
   */
  ProbePorts,
  /**
   * host-os-policy: networks and their systems, up to 64 entries of HostOsNetwork.size words, an entry of zeros ends them. Hosts in
   * none of them are of the system in HostOs.
   */
  HostOsNetworks = ProbePorts + 128,
  // Faults to simulate, 0: none. Stream offsets are one higher than they are, frames go by their number.
  /** The parser fails at this byte of what goes to the server / to the client. */
  SimulateAppLayerErrorToServer = HostOsNetworks + 320,
  SimulateAppLayerErrorToClient,
  /** The frame was lost before the stream engine saw it. */
  SimulatePacketLoss,
  /** Memory is exhausted when this frame asks for some. */
  SimulateReassemblyMemcap,
  SimulateSessionMemcap,
  SimulateFlowMemcap,
  SimulateDefragMemcap,
  /** Matches of one packet are lost when there are more than `packet-alert-max`, whichever they are. */
  SimulateAlertQueueFailure,
  /** app-layer.protocols.websocket.max-payload-size; 0: 65535, which is also the most. */
  WebsocketMaxPayload,
  /** app-layer.protocols.pgsql.max-tx, smb.max-tx; 0: 1024 */
  PgsqlMaxTx,
  SmbMaxTx,
  /** app-layer.protocols.smb.max-read-size ...; 0: without limit */
  SmbMaxReadSize,
  SmbMaxReadQueueSize,
  SmbMaxReadQueueCount,
  SmbMaxWriteSize,
  SmbMaxWriteQueueSize,
  SmbMaxWriteQueueCount,
  /** flow.memcap */
  FlowMemcap,
  /** detect.thresholds.memcap */
  ThresholdsMemcap,
  /** app-layer.protocols.ssh.encryption-handling: 0 default, 1 bypass, 2 full */
  SshEncryptionHandling,
  COUNT,
}

/** Entries of Setting.HostOsNetworks. */
export const HOST_OS_NETWORKS = 64;

/** Words of an entry of Setting.HostOsNetworks. */
export const enum HostOsNetwork {
  /** TargetOs; from bit 8 on the bits of the prefix; from bit 16 on the IP version. */
  kind = 0,
  /** Four words of the network's address, each as a number; IPv4 in the first. */
  address = 1,
  size = 5,
}

/** host-os-policy */
export enum TargetOs {
  Bsd = 0,
  Windows = 1,
  OldLinux = 2,
  Linux = 3,
  OldSolaris = 4,
  Solaris = 5,
  Hpux10 = 6,
  Hpux11 = 7,
  Irix = 8,
  Macos = 9,
  Windows2k3 = 10,
  Vista = 11,
  BsdRight = 12,
  First = 13,
  Last = 14,
}

/** libhtp personalities (`libhtp.default-config.personality`): which server's tolerance is assumed. */
export enum HttpPersonality {
  Ids = 0,
  Generic = 1,
  Minimal = 2,
  Iis40 = 3,
  Iis50 = 4,
  Iis51 = 5,
  Iis60 = 6,
  Iis70 = 7,
  Iis75 = 8,
  Apache2 = 9,
}
