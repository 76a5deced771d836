/** From a rule to what the core inspects: type, flags, lists, conditions, fast pattern. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { RuleError } from "../../compiler/rule/problem.ts";
import { flagNames, lists, prefilter, show, signature, signatures, typeName } from "./signature.ts";

test("when a rule is inspected depends on what it asks for", () => {
  const cases: [header: string, body: string, type: string][] = [
    ["ip", "", "IpOnly"],
    ["tcp", "flowbits:set,a;", "IpOnly"],
    ["tcp", "flow:to_server;", "Packet"],
    ["tcp", "flowbits:isset,a;", "Packet"],
    ["ip", "ttl:5;", "Packet"],
    ["pkthdr", "decode-event:ipv4.pkt_too_small;", "DecoderEvent"],
    ["ip", "app-layer-protocol:http;", "ProtocolOnly"],
    ["tcp", "app-layer-protocol:http; flow:established;", "Packet"],
    ["http", "", "AppLayer"],
    ["tcp", 'content:"a";', "Stream"],
    ["tcp", 'content:"a"; depth:5;', "PacketStream"],
    ["tcp", 'content:"a"; stream_size:client,>,1;', "PacketStream"],
    ["tcp", 'content:"a"; dsize:>5;', "Packet"],
    ["tcp-pkt", 'content:"a";', "Packet"],
    ["udp", 'content:"a";', "PacketStream"],
    ["http", 'http.uri; content:"a";', "Transaction"],
    ["tcp", 'tcp.hdr; content:"a";', "Packet"],
    ["http1:request_line", "", "Transaction"],
    ["tcp:flow_start", "", "Packet"],
  ];
  for (const [header, body, expected] of cases) {
    assert.is(typeName(signature(header, body)), expected, `${header} (${body})`);
  }
  const negated = signatures("alert ip !10.0.0.0/8 any -> any any (sid:1;)")[0]!;
  assert.is(typeName(negated), "LikeIpOnly");
});

test("flags", () => {
  const cases: [header: string, body: string, flags: string][] = [
    ["tcp", "flow:established,to_client;", "ToClient Established RequireFlow"],
    ["tcp", "flow:stateless;", "Stateless RequireFlow"],
    ["tcp", "flow:only_stream;", "OnlyStream RequireStream RequireStreamOnly RequireFlow"],
    ["tcp", "dsize:10<>20; noalert;", "NoAlert RequirePacket RequirePayload Dsize"],
    ["tcp-stream", 'content:"a";', "RequireStream RequirePayload"],
    ["ipv6", "", "Ipv6Only"],
    ["tls", 'tls.sni; content:"a";', "ToServer RequireFlow AppLayer"],
    ["smtp", 'file.data; content:"a";', "ToServer RequireFlow AppLayer File"],
  ];
  for (const [header, body, expected] of cases) {
    assert.is(flagNames(signature(header, body).flags), expected, `${header} (${body})`);
  }
});

test("sticky buffers become lists, one for each protocol and direction they exist in", () => {
  const cases: [header: string, body: string, lists: string[]][] = [
    ["http", 'http.uri; content:"a";', ["0 http.uri@Http1>1", "0 http.uri@Http2>3"]],
    ["http1", 'http.method; content:"a"; http.uri; content:"b";', ["0 http.method@Http1>1", "1 http.uri@Http1>1"]],
    // A buffer that is named again is the same one; multi-buffers are asked anew each time.
    [
      "http1",
      'http.uri; content:"a"; http.host; content:"b"; http.uri; content:"c";',
      ["0 http.uri@Http1>1", "1 http.host@Http1>2"],
    ],
    [
      "tls",
      'tls.certs; content:"a"; tls.certs; content:"b"; flow:to_client;',
      ["0 tls.certs@Tls<2 Multi", "1 tls.certs@Tls<2 Multi"],
    ],
    [
      "dns",
      'dns.query; dotprefix; content:".a";',
      ["0 dns.query|DotPrefix@Dns>0 Multi", "0 dns.query|DotPrefix@Doh2>0 Multi"],
    ],
    // Content modifiers and pcre modifiers name the same buffers.
    ["http1", 'content:"a"; http_uri; pcre:"/b/U"; uricontent:"c";', ["0 http.uri@Http1>1"]],
    ["smtp", 'file.data; content:"a";', ["0 file.data@Smtp>0 File"]],
    ["dns", "dns.opcode:0; flow:to_server;", ["0 dns.opcode@Dns>0 Generic", "0 dns.opcode@Doh2>0 Generic"]],
    ["http1", 'content:"a"; http.uri; content:"b";', ["0 http.uri@Http1>1", "1 payload@>0 Stream"]],
    ["http1:response_body", "", ["0 http1:response_body@Http1<3 Hook"]],
  ];
  for (const [header, body, expected] of cases) assert.equal(lists(signature(header, body)), expected, body);
});

test("contents and what hangs on them", () => {
  const cases: [body: string, payload: string[]][] = [
    ['content:"Ab"; nocase;', ['Content "ab" nocase']],
    ['content:!"a";', ['Content "a" negated']],
    [
      'content:"a"; content:"b"; distance:1; within:5;',
      ['Content "a" distanceNext withinNext', 'Content "b" distance=1 within=5'],
    ],
    ['content:"a"; pcre:"/b/R";', ['Content "a" withinNext']],
    ['content:"a"; isdataat:!5,relative;', ['Content "a" withinNext', "IsDataAt amount=5 negated relative"]],
    [
      'content:"ab"; startswith; content:"c"; endswith;',
      ['Content "ab" startsWith depth=2 offset=0', 'Content "c" endsWith'],
    ],
    [
      "byte_extract:1,0,n; byte_test:2,>,n,1,relative;",
      [
        'ByteExtract endian="big" bytes=1 offset=0 variable=0 multiplier=1 align=0',
        'ByteTest relative endian="big" bytes=2 mode=4 value={"variable":0} offset=1',
      ],
    ],
  ];
  for (const [body, expected] of cases) {
    assert.equal(
      show(signature("tcp", body).payload).filter((line) => !line.startsWith("Pcre")),
      expected,
      body,
    );
  }
});

test("old-style modifiers take relative conditions along", () => {
  const { lists: all } = signature(
    "http1",
    'content:"a"; http_uri; content:"b"; http_uri; distance:0; byte_test:1,>,1,0,relative;',
  );
  assert.equal(show(all[0]!.conditions), [
    'Content "a" distanceNext',
    'Content "b" distance=0 withinNext',
    'ByteTest relative endian="big" bytes=1 mode=4 value=1 offset=0',
  ]);
});

test("base64_data is asked of what base64_decode gives", () => {
  const [decode] = signature("tcp", 'base64_decode:bytes 8,relative; base64_data; content:"a";').payload;
  assert.ok(decode !== undefined && "chain" in decode);
  assert.equal(show(decode.chain), ['Content "a"']);
});

test("the fast pattern", () => {
  const cases: [header: string, body: string, literal: string][] = [
    ["tcp", 'content:"ab"; content:"abcdef";', 'payload "abcdef"'],
    ["tcp", 'content:"ab"; fast_pattern; content:"abcdef";', 'payload "ab"'],
    ["tcp", 'content:"abcdef"; fast_pattern:2,3;', 'payload "cde"'],
    ["tcp", 'content:"AB"; nocase;', 'payload "ab" nocase'],
    ["tcp", 'content:!"ab";', "none"],
    ["http", 'http.method; content:"POST"; http.uri; content:"/a.php";', 'http.uri "/a.php"'],
    ["http", 'content:"payload"; http.uri; content:"/a";', 'http.uri "/a"'],
    ["http", 'http.uri; absent:or_else; content:"/abc"; http.host; content:"b";', 'http.host "b"'],
    // Without a content, by what the expression cannot match without.
    ["http", 'http.uri; pcre:"/x[0-9]+admin[a-z]/i";', 'http.uri "admin" nocase'],
  ];
  for (const [header, body, expected] of cases) assert.is(prefilter(signature(header, body)), expected, body);
});

test("a rule of both directions is two signatures, unless its sides are alike", () => {
  const [forward, back] = signatures("alert tcp 1.1.1.1 any <> any 80 (sid:1;)");
  assert.equal([forward?.destinationPorts, back?.sourcePorts], [[[80, 80]], [[80, 80]]]);
  assert.is(signatures("alert tcp any any <> any any (sid:1;)").length, 1);
});

test("rules that cannot be", () => {
  const cases: [header: string, body: string, reason: string][] = [
    ["tcp", "nocase;", "nocase: there is no content before it to modify"],
    ["tcp", 'content:"abc"; depth:2;', "depth: 2 is less than the 3 bytes of the content"],
    [
      "tcp",
      'content:"a"; offset:1; distance:2;',
      "distance: distance and within cannot be combined with offset and depth",
    ],
    [
      "tcp",
      'content:"a"; distance:n;',
      'distance: "n" is neither a number nor a variable of byte_extract or byte_math before',
    ],
    ["tcp", "content:abc;", "content: the value must be in double quotes"],
    ["tcp", "nocase:1;", "nocase: the keyword takes no value"],
    ["tcp", "flow;", "flow: the keyword needs a value"],
    ["tcp", "flow:to_server,to_client;", 'flow: "to_client" contradicts or repeats another option'],
    ["tcp", "dsiz:1;", "dsiz: the keyword is unknown"],
    ["tcp", "lua:a.lua;", "lua: not supported: scripts would run code of the rule's author in the packet path"],
    ["dns", 'http.uri; content:"a";', "http.uri: the keyword is one of http, but the rule is one of dns"],
    ["http", "http.uri;", "http.uri: nothing is asked of the buffer http.uri"],
    ["http", 'http.uri; http.host; content:"a";', "http.host: nothing is asked of the buffer http.uri before"],
    [
      "http",
      'http.uri; content:"a"; http.stat_code; content:"b";',
      "the rule's buffers belong to different directions",
    ],
    ["http", 'http.uri; content:"a"; flow:to_client;', "the rule's buffers contradict the direction of its flow"],
    [
      "http",
      'http.uri; content:"a"; dsize:5;',
      "conditions on single packets (dsize, flags, ttl ...) cannot be combined with application buffers",
    ],
    [
      "tcp",
      'http.uri; content:"a"; http_header;',
      "http_header: a content modifier cannot be used with a sticky buffer",
    ],
    ["tcp", "to_md5;", "to_md5: a transform must follow its sticky buffer"],
    ["tcp", "bsize:5;", "bsize: bsize must follow a sticky buffer"],
    ["nope", "", '"nope" is not a protocol'],
    ["http1:nope", "", '"nope" is not a hook of http1'],
  ];
  for (const [header, body, expected] of cases) {
    let said = "nothing";
    try {
      signature(header, body);
    } catch (error) {
      assert.instance(error, RuleError);
      const { keyword, message } = error as RuleError;
      said = keyword === undefined ? message : `${keyword}: ${message}`;
    }
    assert.is(said, expected, `${header} (${body})`);
  }
});

test("a transaction rule looks at both directions", () => {
  const [rule] = signatures(
    'alert http1 any any => any any (http.uri; content:"a"; file.data: to_client; content:"b"; sid:1;)',
  );
  assert.equal(lists(rule!), ["0 http.uri@Http1>1", "1 file.data@Http1<3 File"]);
  assert.throws(() => signatures('alert http any any => any any (http.uri; content:"a"; sid:1;)'), /both directions/);
});

test.run();
