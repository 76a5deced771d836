/** EVE lines: the record's header, the rule's description and the body become one event in Suricata's schema. */
import { Encoder, Tag } from "cbor-x";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AppEvent } from "../../assembly/abi/app_events.ts";
import { Action, AppProto, DropReason } from "../../assembly/abi/codes.ts";
import { Counter } from "../../assembly/abi/counters.ts";
import { DecodeEvent } from "../../assembly/abi/decode_events.ts";
import { EventFlag, EventRecord, EventType, PacketSource } from "../../assembly/abi/frames.ts";
import { StreamEvent } from "../../assembly/abi/stream_events.ts";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { bodyMembers, membersToJson } from "../../hosts/node/eve/cbor.ts";
import { formatEvent } from "../../hosts/node/eve/format.ts";
import { EveLog } from "../../hosts/node/eve/log.ts";
import { EventView } from "../../hosts/node/eve/record.ts";
import { formatStats } from "../../hosts/node/eve/stats.ts";
import { bytesToJson, formatTime, printableToJson } from "../../hosts/node/eve/text.ts";

const eve = suite("EVE");
const cbor = new Encoder({ useRecords: false, tagUint8Array: false });
const NONE32 = 0xffff_ffff;
const NONE64 = 0xffff_ffff_ffff_ffffn;

interface Fields {
  type: EventType;
  ip?: 0 | 4 | 6;
  proto?: number;
  frame?: bigint;
  flow?: bigint;
  vlan?: number[];
  direction?: number;
  appProto?: AppProto;
  icmp?: [number, number];
  rule?: number;
  action?: Action;
  reason?: DropReason;
  packetAction?: Action;
  flags?: number;
  txId?: bigint;
  body?: object;
}

/** A record as the core writes it: 10.0.0.1:1024 to 192.168.0.2:80 or their IPv6 counterparts. */
function record(fields: Fields): EventView {
  const body = fields.body ? cbor.encode(fields.body) : Buffer.alloc(0);
  const length = EventRecord.size + ((body.length + 7) & ~7);
  const bytes = Buffer.alloc(length);
  bytes.set(body, EventRecord.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const ip = fields.ip ?? 4;
  view.setUint32(EventRecord.length, length, true);
  view.setUint16(EventRecord.type, fields.type, true);
  view.setUint8(EventRecord.ipVersion, ip);
  view.setUint8(EventRecord.proto, fields.proto ?? 6);
  view.setBigUint64(EventRecord.timestamp, 1255711456083524n, true);
  view.setBigUint64(EventRecord.frame, fields.frame ?? 7n, true);
  view.setBigUint64(EventRecord.flow, fields.flow ?? 1234567890123456789n, true);
  const v6 = (last: number) => [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0x0c, 0x29, 0xff, 0xfe, 0xfa, 0xb2, last];
  bytes.set(ip === 6 ? v6(0x42) : [10, 0, 0, 1], EventRecord.source);
  bytes.set(ip === 6 ? v6(1) : [192, 168, 0, 2], EventRecord.destination);
  view.setUint16(EventRecord.sourcePort, 1024, true);
  view.setUint16(EventRecord.destinationPort, 80, true);
  for (const [index, id] of (fields.vlan ?? []).entries()) view.setUint16(EventRecord.vlan + index * 2, id, true);
  view.setUint8(EventRecord.vlanCount, fields.vlan?.length ?? 0);
  view.setUint8(EventRecord.direction, fields.direction ?? 0);
  view.setUint8(EventRecord.packetSource, PacketSource.Wire);
  view.setUint8(EventRecord.appProto, fields.appProto ?? AppProto.Unknown);
  view.setUint8(EventRecord.icmpType, fields.icmp?.[0] ?? 0);
  view.setUint8(EventRecord.icmpCode, fields.icmp?.[1] ?? 0);
  view.setUint32(EventRecord.rule, fields.rule ?? NONE32, true);
  view.setUint8(EventRecord.action, fields.action ?? Action.None);
  view.setUint8(EventRecord.packetAction, fields.packetAction ?? fields.action ?? Action.None);
  view.setUint8(EventRecord.reason, fields.reason ?? DropReason.None);
  view.setUint8(EventRecord.flags, fields.flags ?? 0);
  view.setBigUint64(EventRecord.txId, fields.txId ?? NONE64, true);
  view.setUint32(EventRecord.bodyLength, body.length, true);
  const event = new EventView();
  assert.is(event.set(view, 0), length);
  return event;
}

const RULES = [
  {
    sid: 2034647,
    gid: 1,
    rev: 3,
    msg: 'jndi "lookup"',
    category: "Attempted Administrator Privilege Gain",
    priority: 1,
    references: ["https://nvd.nist.gov/vuln/detail/CVE-2021-44228"],
    metadata: { cve: ["CVE_2021_44228"] },
    target: "dest_ip" as const,
    text: "alert http ...",
  },
];

async function context(
  prevent: boolean,
  types: unknown[] = ["alert", { drop: { alerts: true, verdict: true } }, "flow", "anomaly", "http", "stats"],
  more = {},
) {
  const { outputs } = await makeConfiguration({ outputs: [{ "eve-log": { types, ...more } }] });
  return { options: outputs, rules: RULES, prevent, captureFile: "in.pcap" };
}

eve("an alert", async () => {
  const event = record({
    type: EventType.Alert,
    vlan: [10, 20],
    appProto: AppProto.Http1,
    rule: 0,
    action: Action.Alert,
    flags: EventFlag.AppLayer,
    txId: 0n,
    body: {
      http: { hostname: Buffer.from("a.example"), length: 12 },
      flow: { pkts_toserver: 18446744073709551615n, start: "2009-10-16T16:44:16.083524+0000" },
    },
  });
  assert.equal(
    formatEvent(event, await context(false)).replace("18446744073709551615", '"all of 64 bits"'),
    `{"timestamp":"2009-10-16T16:44:16.083524+0000","flow_id":1234567890123456789,"pcap_cnt":7,"event_type":"alert","vlan":[10,20],` +
      `"src_ip":"10.0.0.1","src_port":1024,"dest_ip":"192.168.0.2","dest_port":80,"proto":"TCP","ip_v":4,"pkt_src":"wire/pcap","tx_id":0,` +
      `"alert":{"action":"allowed","gid":1,"signature_id":2034647,"rev":3,"signature":"jndi \\"lookup\\"",` +
      `"category":"Attempted Administrator Privilege Gain","severity":1,"source":{"ip":"10.0.0.1","port":1024},` +
      `"target":{"ip":"192.168.0.2","port":80},"metadata":{"cve":["CVE_2021_44228"]}},"app_proto":"http","direction":"to_server",` +
      `"verdict":{"action":"alert"},"http":{"hostname":"a.example","length":12},` +
      `"flow":{"pkts_toserver":"all of 64 bits","start":"2009-10-16T16:44:16.083524+0000",` +
      `"src_ip":"10.0.0.1","dest_ip":"192.168.0.2","src_port":1024,"dest_port":80}}`,
  );
});

eve("what an alert tells can be chosen", async () => {
  const event = () =>
    record({
      type: EventType.Alert,
      rule: 0,
      body: { http: {}, flow: {}, ether: { src_mac: "aa" }, metadata: { flowbits: ["a"] } },
    });
  const line = async (alert: object, more = {}) =>
    JSON.parse(formatEvent(event(), await context(false, [{ alert }], more)));
  const bare = await line({ metadata: false, verdict: false }, { metadata: false });
  assert.equal(
    [bare.http, bare.flow, bare.verdict, bare.ether, bare.metadata, bare.alert.metadata],
    Array(6).fill(undefined),
  );
  const full = await line(
    { metadata: { rule: { reference: true, raw: true } } },
    { ethernet: true, "pcap-file": true },
  );
  assert.equal(full.alert.references, RULES[0]!.references);
  assert.is(full.alert.rule, "alert http ...");
  assert.equal(full.ether, { src_mac: "aa" });
  assert.equal(full.metadata, { flowbits: ["a"] });
  assert.is(full.pcap_filename, "in.pcap");
});

for (const [action, packetAction, prevent, blocked, verdict] of [
  [Action.Alert, Action.None, true, "allowed", { action: "alert" }],
  [Action.Alert, Action.Drop, true, "allowed", { action: "drop" }],
  [Action.Alert, Action.Pass, true, "allowed", { action: "pass" }],
  [Action.Drop, Action.Drop, true, "blocked", { action: "drop" }],
  [Action.Drop, Action.Drop, false, "allowed", { action: "alert" }],
  [
    Action.Drop,
    Action.RejectDst,
    true,
    "blocked",
    { action: "drop", "reject-target": "to_server", reject: ["tcp-reset"] },
  ],
  [
    Action.Reject,
    Action.Reject,
    true,
    "blocked",
    { action: "drop", "reject-target": "to_client", reject: ["tcp-reset"] },
  ],
  [
    Action.RejectBoth,
    Action.RejectBoth,
    false,
    "blocked",
    { action: "alert", "reject-target": "both", reject: ["tcp-reset"] },
  ],
] as const) {
  const mode = prevent ? "prevention" : "detection";
  eve(
    `${Action[action]} on a packet with ${Action[packetAction]} in ${mode}: ${blocked}, verdict ${verdict.action}`,
    async () => {
      const event = record({ type: EventType.Alert, rule: 0, action, packetAction });
      const line = JSON.parse(formatEvent(event, await context(prevent)));
      assert.is(line.alert.action, blocked);
      assert.equal(line.verdict, verdict);
    },
  );
}

eve(
  "payload and packet come in the forms that were asked for; a packet to the client has its flow's ends turned",
  async () => {
    const event = () =>
      record({
        type: EventType.Alert,
        rule: 0,
        direction: 1,
        body: { payload: Buffer.from([0, 65]), packet: Buffer.from([1]), flow: {} },
      });
    const line = async (alert: object) => JSON.parse(formatEvent(event(), await context(false, [{ alert }])));
    const none = await line({});
    assert.equal([none.payload, none.payload_printable, none.packet], [undefined, undefined, undefined]);
    assert.equal(none.flow, { src_ip: "192.168.0.2", dest_ip: "10.0.0.1", src_port: 80, dest_port: 1024 });
    const all = await line({ payload: true, "payload-printable": true, "payload-length": true, packet: true });
    assert.equal([all.payload, all.payload_printable, all.payload_length, all.packet], ["AEE=", ".A", 2, "AQ=="]);
  },
);

eve("a tunnel's outermost packet, and the link the packet was captured on", async () => {
  const body = {
    tunnel: {
      src_ip: "0a010001",
      src_port: 0,
      dest_ip: "fe80000000000000020c29fffefab242",
      dest_port: 0,
      proto: 41,
      depth: 1,
      pkt_src: PacketSource.Wire,
    },
    packet: Buffer.from([1]),
    packet_info: { linktype: 113 },
  };
  const event = JSON.parse(
    formatEvent(record({ type: EventType.Alert, rule: 0, body }), await context(false, [{ alert: { packet: true } }])),
  );
  assert.equal(event.tunnel, {
    src_ip: "10.1.0.1",
    src_port: 0,
    dest_ip: "fe80:0000:0000:0000:020c:29ff:fefa:b242",
    dest_port: 0,
    proto: "IPv6",
    depth: 1,
    pkt_src: "wire/pcap",
  });
  assert.equal(event.packet_info, { linktype: 113, linktype_name: "LINUX_SLL" });
});

eve("a drop joins the body's drop object to ours", async () => {
  const event = record({
    type: EventType.Drop,
    rule: 0,
    action: Action.Drop,
    reason: DropReason.Rules,
    flags: EventFlag.Dropped,
    body: { drop: { len: 40, syn: false } },
  });
  const { drop, alert, verdict, direction } = JSON.parse(formatEvent(event, await context(true)));
  assert.equal(drop, { reason: "rules", len: 40, syn: false });
  assert.is(alert.signature_id, 2034647);
  assert.is(alert.metadata, undefined);
  assert.equal(verdict, { action: "drop" });
  assert.is(direction, "to_server");
});

eve("a flow has the addresses of its start and no packet", async () => {
  const event = JSON.parse(
    formatEvent(
      record({ type: EventType.Flow, appProto: AppProto.FtpData, body: { flow: { age: 1 } } }),
      await context(false),
    ),
  );
  assert.equal(
    [event.pcap_cnt, event.pkt_src, event.app_proto, event.flow],
    [undefined, undefined, "ftp-data", { age: 1 }],
  );
});

eve("a transaction's event bears its protocol's name", async () => {
  const event = record({ type: EventType.Tx, appProto: AppProto.BittorrentDht, txId: 3n });
  const { event_type, tx_id } = JSON.parse(formatEvent(event, await context(false)));
  assert.equal([event_type, tx_id], ["bittorrent_dht", 3]);
});

eve("IPv6 addresses are written in full, ICMP has type and code", async () => {
  const event = JSON.parse(
    formatEvent(record({ type: EventType.Anomaly, ip: 6, proto: 58, icmp: [128, 0], flow: 0n }), await context(false)),
  );
  assert.is(event.src_ip, "fe80:0000:0000:0000:020c:29ff:fefa:b242");
  assert.equal(
    [event.proto, event.icmp_type, event.icmp_code, event.src_port, event.flow_id],
    ["IPv6-ICMP", 128, 0, undefined, undefined],
  );
});

for (const [bytes, text, printable] of [
  ["plain", "plain", "plain"],
  ['a"b\\c\n', 'a"b\\c\n', 'a"b\\c\n'],
  ["caf\u00c3\u00a9", "caf\u00e9", "caf.."],
  ["\u00ff\u00fe A\0", "\\xff\\xfe A\0", ".. A."],
  ["\u0001\t\r\x7f", "\u0001\t\r\x7f", "..\r."],
] as const) {
  eve(`the bytes ${JSON.stringify(bytes)} read ${JSON.stringify(text)}`, () => {
    assert.is(JSON.parse(bytesToJson(Buffer.from(bytes, "latin1"))), text);
    assert.is(JSON.parse(printableToJson(Buffer.from(bytes, "latin1"))), printable);
  });
}

eve("times have microseconds and are in UTC", () => {
  assert.is(formatTime(0), "1970-01-01T00:00:00.000000+0000");
  assert.is(formatTime(1255711456000001), "2009-10-16T16:44:16.000001+0000");
});

eve("bodies: exact numbers, base64 and hex, printable forms", () => {
  const body = cbor.encode({
    negative: -5,
    large: 9007199254740993n,
    yes: true,
    none: null,
    list: [1, "a", { b: [] }],
    packet: Buffer.from([1, 2, 3]),
    payload_printable: Buffer.from([0, 65]),
    digest: new Tag(Buffer.from([0xab, 0x0c]), 23),
    blob: new Tag(Buffer.from([1, 2, 3]), 22),
  });
  assert.is(
    membersToJson(bodyMembers(body)),
    `{"negative":-5,"large":9007199254740993,"yes":true,"none":null,"list":[1,"a",{"b":[]}],"packet":"AQID","payload_printable":".A","digest":"ab0c","blob":"AQID"}`,
  );
  const indefinite = Buffer.from("bf61610161629ff5f4ffff", "hex");
  assert.is(membersToJson(bodyMembers(indefinite)), `{"a":1,"b":[true,false]}`);
});

eve("a body that is not well formed is refused at every cut", () => {
  const body = cbor.encode({ a: [1, { b: Buffer.from("xyz") }], c: 1e10 });
  for (let length = 1; length < body.length; length++) assert.throws(() => bodyMembers(body.subarray(0, length)));
  assert.throws(() => bodyMembers(Buffer.concat([body, body])), /goes on/);
  assert.throws(() => bodyMembers(Buffer.alloc(1000, 0x9f)), /not a map/);
});

for (const [type, code, appProto, expected] of [
  [
    "decode",
    DecodeEvent.ipv4__pkt_too_small,
    AppProto.Unknown,
    { type: "decode", event: "decoder.ipv4.pkt_too_small" },
  ],
  [
    "stream",
    StreamEvent._3whs_ack_in_wrong_dir,
    AppProto.Unknown,
    { type: "stream", event: "stream.3whs_ack_in_wrong_dir" },
  ],
  [
    "applayer",
    AppEvent.http__missing_host_header,
    AppProto.Http1,
    { app_proto: "http", type: "applayer", event: "MISSING_HOST_HEADER", layer: "proto_parser" },
  ],
  [
    "applayer",
    AppEvent.applayer_wrong_direction_first_data,
    AppProto.Failed,
    { app_proto: "failed", type: "applayer", event: "APPLAYER_WRONG_DIRECTION_FIRST_DATA", layer: "proto_detect" },
  ],
  ["decode", 399, AppProto.Unknown, { type: "unknown", code: 399 }],
] as const) {
  eve(`the anomaly ${type} ${code} has Suricata's name`, async () => {
    const event = record({ type: EventType.Anomaly, appProto, body: { anomaly: { type, code } } });
    assert.equal(JSON.parse(formatEvent(event, await context(false))).anomaly, expected);
  });
}

eve("counters nest at their dots", () => {
  const counters = new BigUint64Array(Counter.COUNT);
  counters[Counter.decoder__pkts] = 18446744073709551615n;
  counters[Counter.ips__drop_reason__rules] = 2n;
  const line = formatStats(counters, 1_000_000, 9);
  assert.match(line, /"event_type":"stats","stats":\{"uptime":9,"decoder":\{"pkts":18446744073709551615,/);
  const { stats } = JSON.parse(line);
  assert.is(stats.ips.drop_reason.rules, 2);
});

eve(
  "the log writes the chosen types; drop.flows: start writes a flow's first drop a direction and every rule's",
  async () => {
    const lines: string[] = [];
    const sink = { write: (text: string) => void lines.push(...text.trimEnd().split("\n")), close: () => {} };
    const log = new EveLog(sink, await context(true, ["alert", "drop"]));
    const drop = (reason: DropReason, direction: number) =>
      log.event(record({ type: EventType.Drop, reason, direction }));
    drop(DropReason.Rules, 0);
    drop(DropReason.Rules, 0);
    drop(DropReason.FlowDrop, 0);
    drop(DropReason.FlowDrop, 0);
    drop(DropReason.FlowDrop, 1);
    log.event(record({ type: EventType.Alert, rule: 0 }));
    log.event(record({ type: EventType.Flow }));
    drop(DropReason.FlowDrop, 1);
    log.close();
    assert.equal(
      lines.map((line) => JSON.parse(line)).map(({ event_type, drop }) => drop?.reason ?? event_type),
      ["rules", "rules", "flow drop", "flow drop", "alert", "flow drop"],
    );
    assert.equal(
      [...log.written],
      [
        ["drop", 5],
        ["alert", 1],
      ],
    );
  },
);

eve("kinds of anomalies can be chosen", async () => {
  const lines: string[] = [];
  const sink = { write: (text: string) => void lines.push(...text.trimEnd().split("\n")), close: () => {} };
  const log = new EveLog(
    sink,
    await context(false, [{ anomaly: { types: { decode: false, stream: true, applayer: false } } }]),
  );
  for (const [type, code] of [
    ["decode", 1],
    ["stream", 400],
    ["applayer", 600],
  ]) {
    log.event(record({ type: EventType.Anomaly, body: { anomaly: { type, code } } }));
  }
  log.close();
  assert.equal(
    lines.map((line) => JSON.parse(line).anomaly.type),
    ["stream"],
  );
});

eve("a record that goes beyond its ring is refused", () => {
  const event = new EventView();
  assert.throws(() => event.set(new DataView(new ArrayBuffer(8)), 0), RangeError);
  const view = new DataView(new ArrayBuffer(EventRecord.size));
  view.setUint32(0, EventRecord.size + 8, true);
  assert.throws(() => event.set(view, 0), RangeError);
});

eve.run();
