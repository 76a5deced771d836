/** The core between a client, which is the test, and a Linux host. */
import * as assert from "uvu/assert";
import { LinkType } from "../../../assembly/abi/codes.ts";
import { EventType } from "../../../assembly/abi/frames.ts";
import { compileRules } from "../../../compiler/index.ts";
import type { Conversation } from "../../../corpus/conversation.ts";
import { makeConfiguration } from "../../../hosts/node/config/configuration.ts";
import { Engine, isPassed } from "../../../hosts/node/engine/engine.ts";
import { formatEvent } from "../../../hosts/node/eve/format.ts";
import { Receiver } from "../receiver.ts";
import { Flag, ISN, type WireFrame } from "../segment.ts";
import { type Transformation, transformed } from "../transformations.ts";
import { type LinuxHost, SERVER_PORT, type SocketReading } from "./host.ts";

const BEGINNING = "POST /";
const BODY_BYTES = 500;
const RULES = `alert tcp any any -> any ${SERVER_PORT} (flow:to_server; content:"${BEGINNING}"; sid:1;)`;

/** Bytes above 127 only, no two pieces of 8 alike: so that decoys and misplaced pieces show. */
const body = Buffer.from(Array.from({ length: BODY_BYTES }, (_, i) => 128 | ((i * 37 + (i >> 3) * 11) & 127)));
/** All that the client says. */
export const SAID = Buffer.concat([Buffer.from(BEGINNING), body]);
/** Other bytes, but not in place of the beginning, by which the rule finds the stream. */
const decoy = (truth: Uint8Array): Uint8Array => truth.map((byte) => (byte > 127 ? byte ^ 0x15 : byte));

/** The conversation in the network 10.9.THIRD.0/24. */
export function conversationIn(third: number, port: number): Conversation {
  return {
    transport: "tcp",
    client: { address: `10.9.${third}.1`, port },
    server: { address: `10.9.${third}.2`, port: SERVER_PORT },
    messages: [{ from: "client", data: SAID }],
    segment: 400,
    handshake: true,
    close: true,
  };
}

/** What a socket read, and what the core had inspected by then. */
export interface Told extends SocketReading {
  inspected: Buffer;
}

export class Wire {
  /** The stream to the server as the core inspected it last, by the client's port. */
  private readonly inspected = new Map<number, Buffer>();
  /** Sequence numbers of the host's SYN/ACKs, by the client's port. */
  private readonly answered = new Map<number, number>();
  /** Connections that the host has closed, by the client's port. */
  private readonly closed = new Set<number>();
  private readonly observer = new Receiver("old");
  private time = Date.now() * 1000;

  private constructor(
    private readonly host: LinuxHost,
    private readonly engine: Engine,
  ) {
    this.observer.onSegment = (tcp) => this.note(tcp);
    host.onFrame = (frame) => {
      this.pass(frame);
      this.observer.take(frame);
    };
  }

  static async open(host: LinuxHost): Promise<Wire> {
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
    engine.load(compileRules([{ file: "stack.rules", text: RULES }]).database);
    wire = new Wire(host, engine);
    return wire;
  }

  /** Sends the conversation to the host and hears what its socket reads. */
  async talk(conversation: Conversation, how: Transformation): Promise<Told> {
    const { port } = conversation.client;
    ISN.server = 2_000_000;
    const planned = transformed(conversation, how, decoy);
    const first = planned.findIndex(({ from }) => from === "server");
    this.send(planned.slice(0, first));
    const isn = await this.host.until(() => this.answered.get(port));
    assert.ok(isn !== undefined, "the host answers the SYN");
    // The rest again, now that the host's numbers are known.
    ISN.server = isn;
    const again = transformed(conversation, how, decoy);
    const last = again.findLastIndex(({ from }) => from === "server");
    this.send(again.slice(first, last));
    const reading = await this.host.reading(port);
    assert.ok(reading, "the socket tells what it read");
    const inspected = this.inspected.get(port) ?? Buffer.alloc(0);
    // The host's FIN is acknowledged when it is there: Linux throws an acknowledgement of what it never sent away, and with it the
    // segments before, if they were waiting for a busy socket as one (tcp_add_backlog).
    assert.ok(await this.host.until(() => this.closed.has(port) || undefined), "the host closes the connection");
    this.send(again.slice(last));
    return { ...reading, inspected };
  }

  /** The client's frames: what passes reaches the host. */
  private send(frames: readonly WireFrame[]): void {
    for (const { from, data } of frames) {
      if (from === "client" && this.pass(data)) this.host.send(this.engine.frame(0).slice());
    }
  }

  private pass(frame: Uint8Array): boolean {
    this.time += 100;
    this.engine.write({ data: frame, linkType: LinkType.Ethernet, timestamp: this.time });
    return isPassed(this.engine.inspect()[0]!);
  }

  private note(tcp: Buffer): void {
    if (tcp.readUInt16BE(0) !== SERVER_PORT) return;
    const port = tcp.readUInt16BE(2);
    const flags = tcp[13]!;
    if (flags & Flag.Syn) this.answered.set(port, tcp.readUInt32BE(4));
    if (flags & (Flag.Fin | Flag.Reset)) this.closed.add(port);
  }
}

/** The socket reads what was inspected: all of it and its end; `refused`: a beginning of it, or nothing. */
export function judge({ bytes, end, inspected }: Told, refused: boolean): void {
  const expected = refused ? inspected.subarray(0, bytes.length) : inspected;
  assert.is(bytes.toString("hex"), expected.toString("hex"), "the socket reads what was inspected");
  if (!refused) assert.ok(end && bytes.length >= BODY_BYTES, "and all of it, to the end");
}
