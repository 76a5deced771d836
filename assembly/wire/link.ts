/**
 * One step through the headers below IP: each says what follows it, or that the packet ends or fails here.
 * `settled` below means: from this header on the packet counts as decoded, whatever is wrong behind it.
 */
import { Counter } from "../abi/counters";
import { DecodeEvent } from "../abi/decode_events";
import { countAdd } from "../verdict/counters";
import { noteArp, noteTooSmallArp } from "./arp";
import { ERSPAN_SIZE, erspanFits, readErspan } from "./erspan";
import { ETHERNET_SIZE, Ethernet } from "./ethernet";
import { enter, Layer, layerOf } from "./layers";
import { LOOPBACK_SIZE, Loopback, layerOfFamily } from "./loopback";
import { mplsLayer, mplsNamed, mplsOffset, walkLabels } from "./mpls";
import { nshFits, nshLayer, nshOffset, readNsh } from "./nsh";
import { Packet } from "./packet";
import { discoveryFits, pppLayer, pppOffset, readDiscovery, readPpp, readSession, sessionFits, sizeOfPpp } from "./ppp";
import { SLL_SIZE, SLL2_SIZE, Sll, Sll2 } from "./sll";
import { BACKBONE_SIZE, Backbone, ETAG_SIZE, Etag, MAX_VLANS, VLAN_SIZE, Vlan, VNTAG_SIZE, Vntag } from "./vlan";

export const enum Step {
  /** The header is malformed. */
  Failed,
  /** Nothing more to decode. */
  Ended,
  /** `linkNext` follows at `linkOffset`, and decides about the packet. */
  Next,
  /** The same, and the packet is settled. */
  Settled,
}

/** Bytes between the EtherType of Cisco Fabric Path and the Ethernet header behind it; smallest packet with both. */
const FABRIC_SIZE: u32 = 2;
const FABRIC_MIN: u32 = 16;
const HDLC_SIZE: u32 = 4;
const IPV4_SIZE: u32 = 20;

/** Set by `linkStep`. */
export let linkNext: Layer = Layer.None;
export let linkOffset: u32 = 0;

function follow(layer: Layer, offset: u32, step: Step): Step {
  linkNext = layer;
  linkOffset = offset;
  return layer == Layer.None ? Step.Ended : step;
}

function tooSmall(p: Packet, event: DecodeEvent): Step {
  p.invalid(event);
  return Step.Failed;
}

/** Goes on by EtherType. `unknown` is the event of the tag that led to an unknown one, 0 for none. */
function byType(p: Packet, type: u16, offset: u32, unknown: u32): Step {
  const layer = layerOf(type);
  if (layer == Layer.None) {
    countAdd(Counter.decoder__unknown_ethertype, 1);
    p.raise(DecodeEvent.ethernet__unknown_ethertype);
    if (unknown == 0) return Step.Ended;
    p.invalid(unknown);
    return Step.Failed;
  }
  if (layer == Layer.Vlan && <u32>p.vlanCount >= MAX_VLANS) {
    p.tooDeep(DecodeEvent.vlan__too_many_layers);
    return Step.Ended;
  }
  return follow(layer, offset, Step.Settled);
}

function ethernet(p: Packet, at: usize, length: u32): Step {
  countAdd(Counter.decoder__ethernet, 1);
  if (!Ethernet.check(length)) return tooSmall(p, DecodeEvent.ethernet__pkt_too_small);
  if (!enter(p)) return Step.Failed;
  p.ethernet = at;
  p.etherType = Ethernet.at(at).type;
  return byType(p, p.etherType, ETHERNET_SIZE, 0);
}

function sll(p: Packet, at: usize, length: u32): Step {
  countAdd(Counter.decoder__sll, 1);
  if (!Sll.check(length)) return tooSmall(p, DecodeEvent.sll__pkt_too_small);
  if (!enter(p)) return Step.Failed;
  return byType(p, Sll.at(at).protocol, SLL_SIZE, 0);
}

function sll2(p: Packet, at: usize, length: u32): Step {
  countAdd(Counter.decoder__sll2, 1);
  if (!Sll2.check(length)) return tooSmall(p, DecodeEvent.sll2__pkt_too_small);
  if (!enter(p)) return Step.Failed;
  return byType(p, Sll2.at(at).protocol, SLL2_SIZE, 0);
}

function raw(p: Packet, at: usize, length: u32): Step {
  countAdd(Counter.decoder__raw, 1);
  if (length < IPV4_SIZE) return tooSmall(p, DecodeEvent.ipv4__pkt_too_small);
  const version = load<u8>(at) >> 4;
  if (version == 4) return follow(Layer.Ipv4, 0, Step.Settled);
  if (version == 6) return follow(Layer.Ipv6, 0, Step.Settled);
  p.raise(DecodeEvent.ipraw__invalid_ip_version);
  return Step.Ended;
}

function loopback(p: Packet, at: usize, length: u32, network: bool): Step {
  countAdd(Counter.decoder__null, 1);
  if (!Loopback.check(length)) return tooSmall(p, DecodeEvent.ltnull__pkt_too_small);
  if (!enter(p)) return Step.Failed;
  const view = Loopback.at(at);
  const layer = layerOfFamily(network ? view.networkFamily : view.family);
  if (layer == Layer.None) p.raise(DecodeEvent.ltnull__unsupported_type);
  return follow(layer, LOOPBACK_SIZE, Step.Settled);
}

function hdlc(p: Packet, at: usize, length: u32): Step {
  if (length < HDLC_SIZE) return tooSmall(p, DecodeEvent.chdlc__pkt_too_small);
  if (!enter(p)) return Step.Failed;
  return byType(p, bswap<u16>(load<u16>(at, 2)), HDLC_SIZE, 0);
}

function ppp(p: Packet, at: usize, length: u32): Step {
  countAdd(Counter.decoder__ppp, 1);
  const size = sizeOfPpp(at, length);
  if (size == 0) return tooSmall(p, DecodeEvent.ppp__pkt_too_small);
  if (!enter(p) || !readPpp(p, at, length, size)) return Step.Failed;
  return follow(pppLayer, pppOffset, Step.Next);
}

function pppoeSession(p: Packet, at: usize, length: u32): Step {
  countAdd(Counter.decoder__pppoe, 1);
  if (!sessionFits(p, length) || !enter(p) || !readSession(p, at, length)) return Step.Failed;
  return follow(pppLayer, pppOffset, Step.Settled);
}

function pppoeDiscovery(p: Packet, at: usize, length: u32): Step {
  countAdd(Counter.decoder__pppoe, 1);
  if (!discoveryFits(p, length) || !enter(p) || !readDiscovery(p, at, length)) return Step.Failed;
  return Step.Ended;
}

function vlan(p: Packet, at: usize, length: u32): Step {
  const level = <u32>p.vlanCount;
  if (level == 0) countAdd(Counter.decoder__vlan, 1);
  else if (level == 1) countAdd(Counter.decoder__vlan_qinq, 1);
  else countAdd(Counter.decoder__vlan_qinqinq, 1);
  if (!Vlan.check(length)) return tooSmall(p, DecodeEvent.vlan__header_too_small);
  if (!enter(p)) return Step.Failed;
  if (level >= MAX_VLANS) {
    p.tooDeep(DecodeEvent.vlan__too_many_layers);
    return Step.Failed;
  }
  const view = Vlan.at(at);
  p.addVlan(view.id);
  return byType(p, view.type, VLAN_SIZE, DecodeEvent.vlan__unknown_type);
}

function backbone(p: Packet, at: usize, length: u32): Step {
  if (!Backbone.check(length)) return tooSmall(p, DecodeEvent.ieee8021ah__header_too_small);
  if (!enter(p)) return Step.Failed;
  return byType(p, Backbone.at(at).type, BACKBONE_SIZE, 0);
}

function vntag(p: Packet, at: usize, length: u32): Step {
  if (!Vntag.check(length)) return tooSmall(p, DecodeEvent.vntag__header_too_small);
  if (!enter(p)) return Step.Failed;
  return byType(p, Vntag.at(at).type, VNTAG_SIZE, DecodeEvent.vntag__unknown_type);
}

function etag(p: Packet, at: usize, length: u32): Step {
  if (!Etag.check(length)) return tooSmall(p, DecodeEvent.etag__header_too_small);
  if (!enter(p)) return Step.Failed;
  return byType(p, Etag.at(at).type, ETAG_SIZE, DecodeEvent.etag__unknown_type);
}

function arp(p: Packet, at: usize, length: u32): Step {
  countAdd(Counter.decoder__arp, 1);
  if (noteTooSmallArp(p, length) || !enter(p) || !noteArp(p, at, length)) return Step.Failed;
  return Step.Ended;
}

function mpls(p: Packet, at: usize, length: u32): Step {
  countAdd(Counter.decoder__mpls, 1);
  if (!enter(p) || !walkLabels(p, at, length)) return Step.Failed;
  return follow(mplsLayer, mplsOffset, mplsNamed ? Step.Next : Step.Settled);
}

function fabricPath(p: Packet, length: u32): Step {
  if (length < FABRIC_MIN) return tooSmall(p, DecodeEvent.dce__pkt_too_small);
  return follow(Layer.Ethernet, FABRIC_SIZE, Step.Settled);
}

function nsh(p: Packet, at: usize, length: u32): Step {
  if (!nshFits(p, length) || !enter(p) || !readNsh(p, at, length)) return Step.Failed;
  return follow(nshLayer, nshOffset, Step.Next);
}

function erspan(p: Packet, at: usize, length: u32, header: bool): Step {
  countAdd(Counter.decoder__erspan, 1);
  if (header && !erspanFits(p, length)) return Step.Failed;
  if (!enter(p)) return Step.Failed;
  if (header && !readErspan(p, at)) return Step.Failed;
  return follow(Layer.Ethernet, header ? ERSPAN_SIZE : 0, Step.Next);
}

/** Reads the header `layer`, which is not an IP header, at `at`. */
export function linkStep(p: Packet, layer: Layer, at: usize, length: u32): Step {
  switch (layer) {
    case Layer.Ethernet:
      return ethernet(p, at, length);
    case Layer.Sll:
      return sll(p, at, length);
    case Layer.Sll2:
      return sll2(p, at, length);
    case Layer.Raw:
      return raw(p, at, length);
    case Layer.Null:
      return loopback(p, at, length, false);
    case Layer.Loop:
      return loopback(p, at, length, true);
    case Layer.Hdlc:
      return hdlc(p, at, length);
    case Layer.Ppp:
      return ppp(p, at, length);
    case Layer.PppoeSession:
      return pppoeSession(p, at, length);
    case Layer.PppoeDiscovery:
      return pppoeDiscovery(p, at, length);
    case Layer.Vlan:
      return vlan(p, at, length);
    case Layer.Ieee8021ah:
      return backbone(p, at, length);
    case Layer.Vntag:
      return vntag(p, at, length);
    case Layer.Etag:
      return etag(p, at, length);
    case Layer.Arp:
      return arp(p, at, length);
    case Layer.Mpls:
      return mpls(p, at, length);
    case Layer.FabricPath:
      return fabricPath(p, length);
    case Layer.Nsh:
      return nsh(p, at, length);
    case Layer.ErspanI:
      return erspan(p, at, length, false);
    case Layer.ErspanII:
      return erspan(p, at, length, true);
    default:
      return Step.Failed;
  }
}
