/**
 * Protocol detection: which protocol the first bytes of one direction belong to, as Suricata decides it: patterns at fixed places,
 * then probes bound to ports. Each protocol gives one probe, `p...Probe(data, length, direction)`, that answers with a Guess.
 */
import { AppProto } from "../abi/codes";
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";
import { dnsProbe } from "./dns";
import { Guess } from "./guess";
import { http1Probe } from "./http1_probe";
import { tlsProbe } from "./tls";

const DNS_PORT: u32 = 53;

/** Is the protocol switched on (app-layer.protocols.P.enabled: yes or detection-only)? */
export function isEnabled(proto: u32): bool {
  const bits = setting(proto < 32 ? Setting.AppEnabledLow : Setting.AppEnabledHigh);
  return ((bits >> (proto & 31)) & 1) != 0;
}

/** Is it only detected, not parsed (app-layer.protocols.P.enabled: detection-only)? */
export function isDetectOnly(proto: u32): bool {
  const bits = setting(proto < 32 ? Setting.AppDetectOnlyLow : Setting.AppDetectOnlyHigh);
  return ((bits >> (proto & 31)) & 1) != 0;
}

/** Some probe wants more bytes. */
let undecided: bool = false;

function is(proto: AppProto, guess: Guess): bool {
  if (guess == Guess.More) undecided = isEnabled(proto) || undecided;
  return guess == Guess.Yes && isEnabled(proto);
}

/** The protocol of TCP data from the beginning of a direction: AppProto, Unknown while more bytes may tell, Failed when none fits. */
export function detectTcp(direction: u32, data: usize, length: u32, serverPort: u32): u32 {
  undecided = false;
  if (is(AppProto.Http1, http1Probe(data, length, direction))) return AppProto.Http1;
  if (is(AppProto.Tls, tlsProbe(data, length, direction))) return AppProto.Tls;
  if (serverPort == DNS_PORT && is(AppProto.Dns, dnsProbe(data, length, true))) return AppProto.Dns;
  return undecided ? AppProto.Unknown : AppProto.Failed;
}

/** The same for one UDP datagram; there is never more to wait for. */
export function detectUdp(_direction: u32, data: usize, length: u32, serverPort: u32, clientPort: u32): u32 {
  if ((serverPort == DNS_PORT || clientPort == DNS_PORT) && is(AppProto.Dns, dnsProbe(data, length, false)))
    return AppProto.Dns;
  return AppProto.Failed;
}
