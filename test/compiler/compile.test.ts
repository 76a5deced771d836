/** Whole rule files to a database the core takes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { DatabaseHeader, Section, SectionRecord } from "../../assembly/abi/database.ts";
import { RuleRecord } from "../../assembly/abi/rules.ts";
import { parseThresholds } from "../../compiler/config/threshold.ts";
import { xxh64 } from "../../compiler/database/xxh64.ts";
import { type CompileSettings, compileRules, formatProblem } from "../../compiler/index.ts";
import { Variables } from "../../compiler/variables.ts";
import { readRuleDescriptions } from "../../hosts/node/engine/database.ts";
import { Engine } from "../../hosts/node/engine/engine.ts";

const compile = (text: string, settings: CompileSettings = {}) => compileRules([{ file: "t.rules", text }], settings);

const section = (database: Uint8Array, wanted: Section) => {
  const view = new DataView(database.buffer, database.byteOffset, database.byteLength);
  for (let i = 0; i < view.getUint32(DatabaseHeader.sections, true); i += 1) {
    const at = DatabaseHeader.size + i * SectionRecord.size;
    if (view.getUint32(at + SectionRecord.id, true) !== wanted) continue;
    const start = view.getUint32(at + SectionRecord.offset, true);
    return database.subarray(start, start + view.getUint32(at + SectionRecord.length, true));
  }
  throw new Error(`no section ${wanted}`);
};
/** The sids in the order in which alerts come out. */
const sids = (database: Uint8Array): number[] => {
  const rules = section(database, Section.Rules);
  const view = new DataView(rules.buffer, rules.byteOffset, rules.byteLength);
  return Array.from({ length: rules.length / RuleRecord.size }, (_, i) => view.getUint32(i * RuleRecord.size, true));
};

/** A rule for every kind of record the database has. */
const EVERYTHING = String.raw`
alert http any any -> any any (msg:"uri"; http.uri; content:"/admin"; nocase; pcre:"/\/admin[0-9]+/Ri"; sid:1; rev:2;)
drop tcp $EXTERNAL_NET any -> $HOME_NET [80,8080] (content:"a|00|b"; offset:1; depth:9; byte_test:2,>,7,0,relative; sid:2;)
pass ip 10.0.0.1 any -> any any (sid:3;)
reject udp any any <> any 53 (content:"x"; sid:4;)
alert tcp any any -> any any (flags:S,CE; flowbits:set,seen; noalert; sid:5;)
alert tcp any any -> any any (flowbits:isset,seen|other; flowint:n,+,1; sid:6;)
alert dns any any -> any any (dns.query; dotprefix; content:".evil.example"; endswith; dataset:isset,bad, type string; sid:7;)
alert tls any any -> any any (tls.certs; to_sha1; content:"|01 02|"; tls.sni; bsize:>5; sid:8;)
alert pkthdr any any -> any any (decode-event:ipv4.pkt_too_small; sid:9;)
alert ip any any -> any any (app-layer-protocol:!http; threshold:type limit, track by_src, count 1, seconds 60; sid:10;)
alert tcp any any -> any any (base64_decode:bytes 12,relative; base64_data; content:"x"; xbits:set,h,track ip_src,expire 9; sid:11;)
alert ip [1.2.3.4,2001:db8::/32] any -> any any (icmpv6.mtu:>1; ttl:<5; sameip; sid:12;)
alert smb any any -> any any (dcerpc.iface:12345678-1234-abcd-ef00-0123456789ab,>1,any_frag; dcerpc.opnum:1,3-5; sid:13;)
alert tcp any any -> any any (ipv4.hdr; content:"|45|"; startswith; sid:14;)
alert http any any -> any any (file.data; xor:"0d0ac8ff"; content:"MZ"; filesize:>1kb; tag:session,5,packets; sid:15;)
alert tcp any any -> any any (content:"rpc"; rpc:100000,*,3; stream_size:server,>,5; asn1:double_overflow; sid:16;)
alert tcp any any -> any any (content:"ftp"; ftpbounce; sid:42;)
alert http1 any any -> any any (frame:request; content:"GET"; sid:17;)
alert http1:request_headers any any -> any any (sid:18;)
alert tcp any any -> any any (content:"old"; replace:"new"; sid:19;)
alert tcp any any -> any any (pcre:"/(?P<flow_user>[a-z]+)/"; flowvar:user,"root"; sid:20;)
alert http any any -> any any (content:"fake.tld"; http_host; fragbits:M; sid:21;)
`;

test("the core takes a database with every kind of record", () => {
  const { database, accepted, refused } = compile(EVERYTHING);
  assert.equal(refused.map(formatProblem), [
    "t.rules:23:1: sid 21: conditions on single packets (dsize, flags, ttl ...) cannot be combined with application buffers",
  ]);
  assert.is(accepted, 21);
  assert.is(database.length % 8, 0);
  const engine = new Engine();
  engine.load(database);
  const uri = engine.rules.find(({ sid }) => sid === 1);
  assert.equal(uri, { sid: 1, gid: 1, rev: 2, msg: "uri", category: "", priority: 3 });
});

test("an empty rule set is a database as well", () => {
  const engine = new Engine();
  engine.load(compile("# nothing\n").database);
  assert.equal(engine.rules, []);
});

test("the same rules give the same bytes", () => {
  assert.is(Buffer.compare(compile(EVERYTHING).database, compile(EVERYTHING).database), 0);
});

test("rules stand in the order in which their alerts come out", () => {
  const rules = [
    "alert ip any any -> any any (sid:1;)",
    "alert tcp any any -> any any (flowbits:isset,a; sid:2;)",
    "alert tcp any any -> any any (flowbits:set,a; sid:3;)",
    "alert ip any any -> any any (priority:1; sid:4;)",
    "drop ip any any -> any any (sid:5;)",
    "pass ip any any -> any any (sid:6;)",
  ].join("\n");
  assert.equal(sids(compile(rules).database), [6, 5, 3, 2, 4, 1]);
  assert.equal(sids(compile(rules, { actionOrder: ["alert", "pass"] }).database), [3, 2, 4, 1, 6, 5]);
});

test("of two rules with one sid the higher revision stands", () => {
  const rule = (rev: number, port: number) => `alert tcp any any -> any ${port} (sid:7; rev:${rev};)`;
  const { accepted, refused } = compile([rule(1, 1), rule(3, 2), rule(2, 3), rule(3, 4)].join("\n"));
  assert.is(accepted, 1);
  assert.equal(refused.map(formatProblem), [
    "t.rules:3:1: sid 7: sid: the sid stands in t.rules:2 already, with revision 3",
    "t.rules:4:1: sid 7: sid: the sid stands in t.rules:2 already, with revision 3",
  ]);
});

test("requires passes a rule over before the rest of it is read", () => {
  const cases: [requires: string, met: boolean][] = [
    ["version >= 7.0.3", true],
    ["version >= 9", false],
    ["version >= 7.0.3 < 8 | >= 8.0.0", true],
    ["version < 8", false],
    ["feature ja3", true],
    ["feature geoip", false],
    ["keyword http.uri", true],
    ["keyword lua", false],
    ["unheard of", false],
  ];
  for (const [requires, met] of cases) {
    const rest = met ? "" : "tomorrow:1;";
    const { accepted, skipped, refused } = compile(
      `alert ip any any -> any any (requires:${requires}; ${rest} sid:1;)`,
    );
    assert.equal([accepted, skipped.length, refused.length], met ? [1, 0, 0] : [0, 1, 0], requires);
  }
  assert.is(compile("alert ip any any -> any any (requires:version 7; sid:1;)").refused.length, 1);
});

test("errors name file, line, column, sid, keyword, reason and what to do", () => {
  const text =
    'alert tcp any any -> any any (msg:"a"; \\\n  content:"b"; nocase:1; sid:5;)\nalert tcp $NOPE any -> any any (sid:6;)';
  assert.equal(compile(text).refused.map(formatProblem), [
    "t.rules:2:16: sid 5: nocase: the keyword takes no value",
    't.rules:3:11: sid 6: variable "$NOPE" is not defined; define vars.address-groups.NOPE in the configuration',
  ]);
});

test("classes and references", () => {
  const rule = (options: string) => {
    const { database, warnings } = compile(`alert ip any any -> any any (${options} sid:1;)`);
    const { category, priority, references } = readRuleDescriptions(database)[0]!;
    return [category, priority, references, warnings.length];
  };
  assert.equal(rule("classtype:trojan-activity;"), ["A Network Trojan was detected", 1, undefined, 0]);
  assert.equal(rule("priority:2; classtype:trojan-activity;"), ["A Network Trojan was detected", 2, undefined, 0]);
  assert.equal(rule("classtype:nope;"), ["", 3, undefined, 1]);
  assert.equal(rule("reference:url,example.org/a; reference:x,1;"), ["", 3, ["http://example.org/a", "1"], 1]);
});

test("threshold.config adds to the rules it names", () => {
  const { entries } = parseThresholds(
    "threshold.config",
    "suppress gen_id 1, sig_id 1, track by_src, ip 10.0.0.0/8\nsuppress gen_id 1, sig_id 2\n",
    new Variables("address"),
  );
  const { database, warnings } = compile("alert ip any any -> any any (sid:1;)", { thresholds: entries });
  assert.equal(warnings.map(formatProblem), ["threshold.config:2:1: no rule has gid 1 and sid 2"]);
  const rules = section(database, Section.Rules);
  assert.is.not(new DataView(rules.buffer, rules.byteOffset).getUint32(RuleRecord.suppress, true), 0);
  new Engine().load(database);
});

test("datasets are read from files by the host", () => {
  const rule = "alert http any any -> any any (http.host; dataset:isset,s, type string, load s.lst; sid:1;)";
  const read = (text: string) =>
    compile(rule, { readFile: (name) => (name === "s.lst" ? Buffer.from(text) : undefined) });
  assert.is(read("ZXZpbA==\n").accepted, 1);
  assert.equal(
    read("???").refused.map(({ reason }) => reason),
    ['line 1 of "s.lst" is not base64'],
  );
  assert.equal(
    compile(rule).refused.map(({ reason }) => reason),
    ['the file "s.lst" cannot be read'],
  );
});

test("XXH64 as its specification has it", () => {
  const cases: [text: string, hash: bigint][] = [
    ["", 0xef46db3751d8e999n],
    ["a", 0xd24ec4f1a98c6e5bn],
    ["abc", 0x44bc2cf5ad770999n],
    ["Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1n],
  ];
  for (const [text, hash] of cases) assert.is(xxh64(Buffer.from(text)), hash, text);
});

test.run();
