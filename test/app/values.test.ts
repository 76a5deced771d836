/** Protocols that keep values: what each keeps of a message, and that no cut or changed byte makes one trap, loop or leak. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Buffer as Buffers, Field } from "../../assembly/abi/buffers.ts";
import { AppProto, IpProto } from "../../assembly/abi/codes.ts";
import { buildRoom } from "../core-room.ts";
import { clientHello, crypto, google, initial } from "./quic_packet.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const lines = (...text: string[]) => Buffer.from(text.join("\r\n"), "latin1");
const { Tcp, Udp } = IpProto;

const INVITE = lines(
  "INVITE sip:bob@b.example SIP/2.0",
  "v: SIP/2.0/UDP a.example",
  "From: <sip:alice@a.example>",
  "Content-Type: application/sdp",
  "Content-Length: 70",
  "",
  "v=0",
  "o=alice 1 1 IN IP4 192.0.2.1",
  "s=call",
  "m=audio 4000 RTP/AVP 0",
  "i=voice",
  "",
);

const ID = Buffer.from("8394c8f03e515708", "hex");
const HELLO = clientHello("a.example");
const [FIRST, SECOND] = [HELLO.subarray(0, 40), HELLO.subarray(40)];

/** An ONC RPC message with its record mark. */
function rpc(text: string): Buffer {
  const message = hex(text);
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE((0x80000000 | message.length) >>> 0);
  return Buffer.concat([mark, message]);
}

const NFS_CALL = "00000000 00000002 000186a3";
const NO_AUTH = "00000000 00000000 00000000 00000000";
const ACCEPTED = "00000001 00000000 00000000 00000000 00000000";

/** DHCP: an ACK with a lease of an hour. */
const ACK = Buffer.concat([
  hex("02010600 00003d1e 00000000 00000000 c0a8000a c0a80001 00000000 000b8201fc42"),
  Buffer.alloc(10 + 64 + 128),
  hex("63825363 350105 3a0400000708 3b0400000c4e 330400000e10 3604c0a80001 ff"),
]);

/** Protocol, transport, the client's bytes, the server's, and what must be found. */
const CASES: readonly [AppProto, IpProto, Buffer, Buffer, Record<string, string | number>][] = [
  [
    AppProto.Sip,
    Udp,
    INVITE,
    lines("SIP/2.0 180 Ringing", "To: <sip:bob@b.example>", "", ""),
    {
      sip__method: "INVITE",
      sip__via: "SIP/2.0/UDP a.example",
      sdp__session_name: "call",
      sdp__media__media_info: "voice",
      sip__stat_code: "180",
    },
  ],
  [
    AppProto.Mqtt,
    Tcp,
    hex("10 15 0004 4d515454 04 c2 003c 0003 616263 0002 7531 0000 30 05 0001 74 6869"),
    hex("20 02 00 00"),
    {
      mqtt__connect__protocol_string: "MQTT",
      mqtt__connect__clientid: "abc",
      mqtt__connect__username: "u1",
      mqtt__publish__topic: "t",
      mqtt__publish__message: "hi",
      mqtt__protocol_version: 4,
    },
  ],
  [
    AppProto.Ldap,
    Tcp,
    hex("30 24 02 01 02 63 1f 04 04 64633d78 0a0100 0a0100 020100 020100 010100 87 01 61 30 05 04 03 756964"),
    hex("30 0c 02 01 02 65 07 0a 01 20 04 00 04 00"),
    { ldap__request__dn: "dc=x", ldap__request__attribute_type: "uid", ldap__responses__result_code: 32 },
  ],
  [
    AppProto.Pgsql,
    Tcp,
    Buffer.from("Q\0\0\0\rselect 1\0", "latin1"),
    Buffer.from("C\0\0\0\rSELECT 1\0Z\0\0\0\x05I", "latin1"),
    { pgsql__query: "select 1" },
  ],
  [
    AppProto.Enip,
    Tcp,
    hex("6300 0000 00000000 00000000 0000000000000000 00000000"),
    hex("6300 0000 00000000 01000000 0000000000000000 00000000"),
    { enip_command: 0x63 },
  ],
  [
    AppProto.Krb5,
    Udp,
    hex("6a 11 30 0f a1 03 020105 a2 03 02010a a4 03 3001 05"),
    hex("7e 04 30 02 0500"),
    { krb5_msg_type: 10 },
  ],
  [
    AppProto.Snmp,
    Udp,
    hex("30 0f 02 01 00 04 06 7075626c6963 a0 02 0500"),
    hex("30 0f 02 01 00 04 06 7075626c6963 a2 02 0500"),
    { snmp__community: "public", snmp__pdu_type: 0 },
  ],
  [
    AppProto.Modbus,
    Tcp,
    hex("0001 0000 0006 0a 01 0000 0001"),
    hex("0001 0000 0003 0a 81 02"),
    { modbus__unit_id: 10, modbus__function: 1 },
  ],
  [
    AppProto.Dnp3,
    Tcp,
    hex("05641ac40200030040f2c0c0030c012801000100030164000000ef7d6400000000005b"),
    hex("05641ac40200030040f2"),
    {},
  ],
  [AppProto.Rfb, Tcp, Buffer.from("RFB 003.008\n"), Buffer.from("RFB 003.008\n"), {}],
  [
    AppProto.Ike,
    Udp,
    hex("0102030405060708 0000000000000000 0d 10 02 00 00000000 00000024 00 00 0008 abcdabcd"),
    hex("0102030405060708 1112131415161718 0a 10 02 00 00000000 00000024 00 00 0008 abcdabcd"),
    { ike__init_spi: "0102030405060708", ike__vendor: "abcdabcd", ike__exchtype: 2 },
  ],
  [
    AppProto.Websocket,
    Tcp,
    hex("01 82 00000000 6869 89 00 80 81 00000000 21"),
    hex("81 02 6f6b"),
    { websocket__payload: "hi", websocket__opcode: 1 },
  ],
  [
    AppProto.Quic,
    Udp,
    initial(1, "client", ID, crypto(0, HELLO)),
    hex("8000000001 08 0102030405060708 00 01"),
    {
      quic__version: "\0\0\0\x01",
      quic__sni: "a.example",
      ja3__string: "771,6682-4865,2570-0-10-16,29,",
      ja4__hash: "q12d0103h3_0f2cb44170f4_a8f3e973773c",
    },
  ],
  [
    AppProto.Quic,
    Udp,
    initial(0x6b3343cf, "client", ID, Buffer.concat([crypto(40, SECOND), hex("01"), crypto(0, FIRST)])),
    hex("b06b3343cf 00 00 ffff"),
    { quic__sni: "a.example" },
  ],
  [
    AppProto.Quic,
    Udp,
    google([
      ["PAD", "--"],
      ["SNI", "b.example"],
      ["UAID", "browser"],
    ]),
    hex("c3513034360508 0102030405060708"),
    { quic__sni: "b.example", quic__ua: "browser", quic__cyu__string: "46,PAD-SNI-UAID" },
  ],
  [
    AppProto.Nfs,
    Tcp,
    Buffer.concat([
      rpc(`00000001 ${NFS_CALL} 00000003 00000003 ${NO_AUTH} 00000004 0a0b0c0d 00000001 66000000`),
      rpc(`00000002 ${NFS_CALL} 00000003 00000006 ${NO_AUTH} 00000004 01020304 0000000000000000 00000004`),
    ]),
    Buffer.concat([
      rpc(`00000001 ${ACCEPTED} 00000000 00000004 01020304 00000000 00000000`),
      rpc(`00000002 ${ACCEPTED} 00000000 00000000 00000003 00000001 00000003 616263 00`),
    ]),
    { nfs_version: 3, nfs_procedure: 3, nfs_file_name: "f" },
  ],
  [
    AppProto.Nfs,
    Tcp,
    rpc(
      `00000007 ${NFS_CALL} 00000004 00000001 ${NO_AUTH} 00000000 00000000 00000002 00000016 00000004 0a0b0c0d 0000001c 00000003 6f6c6400`,
    ),
    rpc(`00000007 ${ACCEPTED} 00000000 00000000 00000002 00000016 00000000 0000001c 00000000`),
    { nfs_version: 4, nfs_procedure: 28, nfs_file_name: "old" },
  ],
  [
    AppProto.Nfs,
    Udp,
    hex(`00000001 ${NFS_CALL} 00000002 00000004 ${NO_AUTH} ${"00".repeat(32)} 00000001 66000000`),
    hex(`00000001 ${ACCEPTED} 00000000 ${"11".repeat(32)}`),
    { nfs_version: 2, nfs_procedure: 4 },
  ],
  [
    AppProto.Telnet,
    Tcp,
    hex("fffb18 fffa1800 78 fff0 616c6963650d0a"),
    Buffer.from("\xff\xfd\x18login: Password: hello\r\n", "latin1"),
    {},
  ],
  [
    AppProto.Tftp,
    Udp,
    Buffer.from("\0\x01boot.img\0octet\0", "latin1"),
    hex("0005 0001 6e6f00"),
    { tftp__file: "boot.img", tftp__opcode: 1 },
  ],
  [
    AppProto.Dhcp,
    Udp,
    ACK,
    ACK.subarray(0, 250),
    { dhcp__leasetime: 3600, dhcp__renewal_time: 1800, dhcp__rebinding_time: 3150 },
  ],
  [
    AppProto.Pop3,
    Tcp,
    Buffer.from("USER a\r\nPASS b c\r\nRETR 1\r\nNOPE\r\nQUIT\r\n"),
    Buffer.from("+OK ready\r\n+OK\r\n-ERR no\r\n+OK 3 octets\r\na\r\n.\r\n-ERR\r\n+OK bye\r\n"),
    {},
  ],
];

const room = await buildRoom("test/app/values.core.ts");
const core = room.exports as unknown as Record<string, (...args: number[]) => number> & { memory: WebAssembly.Memory };
core["configureHeap"]!(8 << 20);
const input = core.memory.buffer.byteLength;
core.memory.grow(3);
const EVENT = input + 65536;

function put(bytes: Uint8Array): void {
  new Uint8Array(core.memory.buffer).set(bytes, input);
}

/** Feeds both sides; an answer beyond the input would be a fault. */
function feed(state: number, client: Uint8Array, server: Uint8Array): void {
  for (const [direction, bytes] of [client, server].entries()) {
    put(bytes);
    const consumed = core["parseValues"]!(state, direction, input, bytes.length, 1);
    assert.ok(consumed >= -1 && consumed <= bytes.length, `consumed ${consumed} of ${bytes.length}`);
  }
  core["logAll"]!(state, EVENT, 65536);
}

const test = suite("protocols that keep values");

for (const [proto, transport, client, server, wanted] of CASES) {
  const name = AppProto[proto];
  test(`${name}: values of a message`, () => {
    const state = core["open"]!(proto, transport);
    feed(state, client, server);
    for (const [key, value] of Object.entries(wanted)) {
      if (typeof value === "number") {
        assert.is(core["numeral"]!(state, Field[key as keyof typeof Field], 0), value, key);
        continue;
      }
      const at = core["text"]!(state, Buffers[key as keyof typeof Buffers], 0);
      assert.is(Buffer.from(core.memory.buffer, at, core["length"]!()).toString("latin1"), value, key);
    }
    assert.is(core["close"]!(state), 0, "nothing is left behind");
  });

  test(`${name}: cut at every byte, and every byte changed`, () => {
    for (let i = 0; i < client.length; i++) {
      const state = core["open"]!(proto, transport);
      feed(state, client.subarray(0, i), server);
      feed(state, client, server.subarray(0, i % server.length));
      assert.is(core["close"]!(state), 0);
      for (const change of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(client);
        changed[i]! ^= change;
        const answer = Buffer.from(server);
        answer[i % answer.length]! ^= change;
        const other = core["open"]!(proto, transport);
        feed(other, changed, server);
        feed(other, client, answer);
        assert.is(core["close"]!(other), 0);
      }
    }
  });
}

test.run();
