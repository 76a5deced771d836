/**
 * The core against the Linux stack: a conversation is sent in every way of `transformations.ts` to a real socket behind the core. What the
 * socket reads is what the core inspected: all of it, or its beginning where the attempt ended the connection. Nothing else.
 *
 * What the core inspected is the stream that the alerts of a rule on it carry (`payload` of EVE): the rule finds the first bytes, and is
 * checked with every segment joined to what came before.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LinkType } from "../../../assembly/abi/codes.ts";
import { EventType } from "../../../assembly/abi/frames.ts";
import { compileRules } from "../../../compiler/index.ts";
import type { Conversation } from "../../../corpus/conversation.ts";
import { makeConfiguration } from "../../../hosts/node/config/configuration.ts";
import { Engine, isPassed } from "../../../hosts/node/engine/engine.ts";
import { formatEvent } from "../../../hosts/node/eve/format.ts";
import { Flag, fromPort, ISN, overIpv6, type WireFrame } from "../segment.ts";
import { IPV6_TRANSFORMATIONS, TRANSFORMATIONS, type Transformation, transformed } from "../transformations.ts";
import { CLIENT, LinuxHost, SERVER, SERVER_PORT } from "./host.ts";

const BEGINNING = "POST /";
const BODY_BYTES = 500;
const RULES = `alert tcp any any -> any ${SERVER_PORT} (flow:to_server; content:"${BEGINNING}"; sid:1;)`;
const { database } = compileRules([{ file: "stack.rules", text: RULES }]);

/** Bytes above 127 only, no two pieces of 8 alike: so that decoys and misplaced pieces show. */
const body = Buffer.from(Array.from({ length: BODY_BYTES }, (_, i) => 128 | ((i * 37 + (i >> 3) * 11) & 127)));
const conversation: Conversation = {
  transport: "tcp",
  client: { address: CLIENT, port: 0 },
  server: { address: SERVER, port: SERVER_PORT },
  messages: [{ from: "client", data: Buffer.concat([Buffer.from(BEGINNING), body]) }],
  segment: 400,
  handshake: true,
  close: true,
};
/** Other bytes, but not in place of the beginning, by which the rule finds the stream. */
const decoy = (truth: Uint8Array): Uint8Array => truth.map((byte) => (byte > 127 ? byte ^ 0x15 : byte));

const host = new LinuxHost();

/** The core between the client, which is this test, and the host. */
class Wire {
  /** The stream to the server as the core inspected it last, by the client's port. */
  readonly inspected = new Map<number, Buffer>();
  /** Acknowledgement numbers of the host's SYN/ACKs, by the client's port. */
  readonly answered = new Map<number, number>();
  /** Connections that the host has closed, by the client's port. */
  readonly closed = new Set<number>();
  private readonly engine: Engine;
  private time = Date.now() * 1000;

  private constructor(engine: Engine) {
    this.engine = engine;
    host.onFrame = (frame) => this.pass(frame);
  }

  static async open(): Promise<Wire> {
    const types = [{ alert: { payload: true, "payload-buffer-size": "16kb" } }];
    const config = await makeConfiguration({ outputs: [{ "eve-log": { types } }] });
    let wire: Wire | undefined;
    const engine: Engine = new Engine({
      mode: "prevent",
      config,
      onEvent(event) {
        if (event.type !== EventType.Alert) return;
        const alert = JSON.parse(formatEvent(event, engine.eve)) as { src_port: number; payload: string };
        wire?.inspected.set(alert.src_port, Buffer.from(alert.payload, "base64"));
      },
    });
    engine.load(database);
    wire = new Wire(engine);
    return wire;
  }

  /** From the client: what passes reaches the host. */
  send(frame: Uint8Array): void {
    if (this.pass(frame)) host.send(this.engine.frame(0).slice());
  }

  private pass(frame: Uint8Array): boolean {
    this.time += 100;
    this.engine.write({ data: frame, linkType: LinkType.Ethernet, timestamp: this.time });
    const passed = isPassed(this.engine.inspect()[0]!);
    const bytes = Buffer.from(frame);
    const head = bytes.readUInt16BE(12) === 0x0800 ? 34 : 54;
    const tcp = bytes.length >= head + 20 && bytes[bytes.readUInt16BE(12) === 0x0800 ? 23 : 20] === 6;
    if (tcp && bytes.readUInt16BE(head) === SERVER_PORT) {
      const port = bytes.readUInt16BE(head + 2);
      const flags = bytes[head + 13]!;
      if (flags & Flag.Syn) this.answered.set(port, bytes.readUInt32BE(head + 4));
      if (flags & (Flag.Fin | Flag.Reset)) this.closed.add(port);
    }
    return passed;
  }
}

/** Runs the conversation. What the socket read, and what the core inspected. */
async function talk(wire: Wire, talked: Conversation, how: Transformation) {
  const { port } = talked.client;
  ISN.server = 2_000_000;
  const planned = transformed(talked, how, decoy);
  const first = planned.findIndex(({ from }) => from === "server");
  for (const { data } of planned.slice(0, first)) wire.send(data);
  const isn = await host.until(() => wire.answered.get(port));
  assert.ok(isn !== undefined, "the host answers the SYN");
  // The rest again, now that the host's numbers are known.
  ISN.server = isn;
  const again = transformed(talked, how, decoy);
  const sendClients = (frames: readonly WireFrame[]): void => {
    for (const { from, data } of frames) if (from === "client") wire.send(data);
  };
  const last = again.findLastIndex(({ from }) => from === "server");
  sendClients(again.slice(first, last));
  const reading = await host.reading(port);
  assert.ok(reading, "the socket tells what it read");
  const inspected = wire.inspected.get(port) ?? Buffer.alloc(0);
  // The host's FIN is acknowledged when it is there: Linux throws an acknowledgement of what it never sent away, and with it the
  // segments before, if they were waiting for a busy socket as one (tcp_add_backlog).
  assert.ok(await host.until(() => wire.closed.has(port) || undefined), "the host closes the connection");
  sendClients(again.slice(last));
  return { ...reading, inspected };
}

/** IPv6: a first fragment without the whole TCP header is no datagram's (RFC 7112); Linux takes none of it. */
const HEADERLESS = "fragments of 8 bytes";
/** Tags and tunnels need devices of their own on the host. */
const NEEDS_DEVICE = /VLAN|QinQ|IP in IP|GRE|VXLAN|tunnel/;

for (const [version, family, firstPort, transformations] of [
  ["IPv4", (plain: Conversation) => plain, 20_000, TRANSFORMATIONS],
  ["IPv6", overIpv6, 30_000, [...TRANSFORMATIONS, ...IPV6_TRANSFORMATIONS]],
] as const) {
  const stack = suite(`the Linux stack, ${version}`);
  let wire: Wire;
  stack.before(async () => {
    await host.start();
    wire = await Wire.open();
  });
  for (const [index, how] of transformations.entries()) {
    if (NEEDS_DEVICE.test(how.name)) continue;
    stack(how.name, async () => {
      const { bytes, end, inspected } = await talk(wire, family(fromPort(conversation, firstPort + index)), how);
      // Where something else goes ahead of the truth the host may end the connection early.
      const refused = version === "IPv6" && how.name === HEADERLESS;
      const expected = how.ahead || refused ? inspected.subarray(0, bytes.length) : inspected;
      assert.is(bytes.toString("hex"), expected.toString("hex"), "the socket reads what was inspected");
      if (!how.ahead && !refused) assert.ok(end && bytes.length >= BODY_BYTES, "and all of it, to the end");
    });
  }
  if (version === "IPv6") stack.after(() => host.stop());
  stack.run();
}
