/** DNS and multicast DNS. Suricata manual, "DNS Keywords". */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { type BufferDefinition, bothWays, buffer, C, type Engine, S } from "../signature/buffers.ts";
import { family, type Keyword } from "./keyword.ts";
import { number, sticky } from "./sticky.ts";

const multi = { multi: true };
const toServer = (app: AppProto): Engine => ({ app, direction: S, progress: 0 });
const toClient = (app: AppProto): Engine => ({ app, direction: C, progress: 0 });
/** DNS over HTTPS carries the same messages. */
const DNS = [...bothWays(AppProto.Dns), ...bothWays(AppProto.Doh2)];
/** Every message of multicast DNS counts as sent to the server. */
const MDNS = [toServer(AppProto.Mdns)];

const BUFFERS: readonly (readonly [BufferDefinition, string, readonly string[]])[] = [
  [
    buffer("dns.query", B.dns__query, [toServer(AppProto.Dns), toServer(AppProto.Doh2)], multi),
    "Each name asked for, without the final dot.",
    ["dns_query"],
  ],
  [buffer("dns.queries.rrname", B.dns__queries__rrname, DNS, multi), "Names of the question section.", []],
  [buffer("dns.answers.rrname", B.dns__answers__rrname, DNS, multi), "Names of the answer section.", []],
  [buffer("dns.authorities.rrname", B.dns__authorities__rrname, DNS, multi), "Names of the authority section.", []],
  [buffer("dns.additionals.rrname", B.dns__additionals__rrname, DNS, multi), "Names of the additional section.", []],
  [
    buffer("dns.response.rrname", B.dns__response__rrname, [toClient(AppProto.Dns), toClient(AppProto.Doh2)], multi),
    "Names in all sections of a response, and the names that records hold.",
    [],
  ],
];

const MDNS_BUFFERS: readonly (readonly [BufferDefinition, string])[] = [
  [buffer("mdns.queries.rrname", B.mdns__queries__rrname, MDNS, multi), "Names of the question section."],
  [buffer("mdns.answers.rrname", B.mdns__answers__rrname, MDNS, multi), "Names of the answer section."],
  [buffer("mdns.authorities.rrname", B.mdns__authorities__rrname, MDNS, multi), "Names of the authority section."],
  [buffer("mdns.additionals.rrname", B.mdns__additionals__rrname, MDNS, multi), "Names of the additional section."],
  [buffer("mdns.response.rrname", B.mdns__response__rrname, MDNS, multi), "Names in all sections of a response."],
];

/** RFC 1035 section 4.1.1 and the registry of DNS operations. */
const OPCODES = { query: 0, iquery: 1, status: 2, notify: 4, update: 5 };

/** Response codes of the IANA registry. */
const RCODES = {
  noerror: 0,
  formerr: 1,
  servfail: 2,
  nxdomain: 3,
  notimp: 4,
  refused: 5,
  yxdomain: 6,
  yxrrset: 7,
  nxrrset: 8,
  notauth: 9,
  notzone: 10,
  badvers: 16,
  badkey: 17,
  badtime: 18,
  badmode: 19,
  badname: 20,
  badalg: 21,
  badtrunc: 22,
};

/** Record types of the IANA registry. */
const RRTYPES = {
  a: 1,
  ns: 2,
  md: 3,
  mf: 4,
  cname: 5,
  soa: 6,
  mb: 7,
  mg: 8,
  mr: 9,
  null: 10,
  wks: 11,
  ptr: 12,
  hinfo: 13,
  minfo: 14,
  mx: 15,
  txt: 16,
  rp: 17,
  afsdb: 18,
  x25: 19,
  isdn: 20,
  rt: 21,
  nsap: 22,
  nsapptr: 23,
  sig: 24,
  key: 25,
  px: 26,
  gpos: 27,
  aaaa: 28,
  loc: 29,
  nxt: 30,
  srv: 33,
  atma: 34,
  naptr: 35,
  kx: 36,
  cert: 37,
  a6: 38,
  dname: 39,
  opt: 41,
  apl: 42,
  ds: 43,
  sshfp: 44,
  ipseckey: 45,
  rrsig: 46,
  nsec: 47,
  dnskey: 48,
  dhcid: 49,
  nsec3: 50,
  nsec3param: 51,
  tlsa: 52,
  hip: 55,
  cds: 59,
  cdnskey: 60,
  svcb: 64,
  https: 65,
  spf: 99,
  tkey: 249,
  tsig: 250,
  axfr: 252,
  mailb: 253,
  maila: 254,
  any: 255,
  uri: 256,
};

export const DNS_KEYWORDS: Keyword[] = [
  ...family("DNS", [
    ...BUFFERS.map(([definition, docs, aliases]) => sticky(definition, docs, AppProto.Dns, aliases)),
    number("dns.opcode", Field.dns__opcode, DNS, "Operation of the message.", AppProto.Dns, {
      bits: 8,
      names: OPCODES,
    }),
    number("dns.rcode", Field.dns__rcode, DNS, "Response code of the message.", AppProto.Dns, {
      bits: 16,
      names: RCODES,
    }),
    number("dns.rrtype", Field.dns__rrtype, DNS, "Type of each record of the message.", AppProto.Dns, {
      bits: 16,
      names: RRTYPES,
      list: true,
    }),
  ]),
  ...family(
    "mDNS",
    MDNS_BUFFERS.map(([definition, docs]) => sticky(definition, docs, AppProto.Mdns)),
  ),
];
