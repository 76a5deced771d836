/** Drives any protocol of the registry and names what it found. */
import { AppEvent } from "../../assembly/abi/app_events.ts";
import { Buffer as Buffers, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { Setting } from "../../assembly/abi/settings.ts";
import { buildRoom } from "../core-room.ts";
import type { Segment } from "./conversation.ts";

/** The stock configuration. */
const stock: Record<string, number> = {
  SmtpDecodeMime: 1,
  SmtpDecodeBase64: 1,
  SmtpDecodeQuotedPrintable: 1,
  SmtpHeaderValueDepth: 2000,
  SmtpExtractUrls: 1,
  SmtpContentLimit: 100000,
  SmtpContentInspectMinSize: 32768,
  SmtpContentInspectWindow: 4096,
  SshHassh: 1,
  FtpMaxTx: 1024,
};

const INPUT_BYTES = 1 << 20;
const BODY_BYTES = 1 << 17;
const ACCOUNTS = 6;
const FLAGS = { Gap: 4, Eof: 2 };

export class Conversations {
  private readonly core: Record<string, (...args: number[]) => number>;
  private readonly memory: WebAssembly.Memory;
  private readonly input: number;
  private readonly body: number;
  private states: number[] = [];
  /** What each direction did not consume yet. */
  private rest: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  failed = "";
  flags = 0;

  static async create(): Promise<Conversations> {
    return new Conversations(await buildRoom("test/app/registry.core.ts"));
  }

  private constructor(room: WebAssembly.Instance) {
    this.core = room.exports as Record<string, (...args: number[]) => number>;
    this.memory = room.exports["memory"] as WebAssembly.Memory;
    this.core["configureHeap"]!(16 << 20);
    this.input = this.memory.buffer.byteLength;
    this.body = this.input + INPUT_BYTES;
    this.memory.grow((INPUT_BYTES + BODY_BYTES) / 65536 + 1);
  }

  open(proto: string, settings: Record<string, number> = {}): void {
    for (let i = 0; i < this.core["settings"]!(); i++) this.core["putSetting"]!(i, 0);
    for (const [name, value] of Object.entries({ ...stock, ...settings })) {
      this.core["putSetting"]!(Setting[name as keyof typeof Setting], value);
    }
    const state = this.core["openApp"]!(AppProto[proto as keyof typeof AppProto], 6);
    this.core["setTransport"]!(state, 6);
    this.states = [state];
    this.restart();
  }

  private restart(): void {
    this.rest = [Buffer.alloc(0), Buffer.alloc(0)];
    this.failed = "";
    this.flags = 0;
  }

  private get state(): number {
    return this.states.at(-1)!;
  }

  /** Goes on with the connection the conversation announced. False: there is none. */
  adopt(): boolean {
    const fresh = this.core["adopt"]!(this.state);
    if (fresh === 0) return false;
    this.states.push(fresh);
    this.restart();
    return true;
  }

  /** Hands a segment over behind what was left, as the stream does. */
  feed(segment: Segment): void {
    const { direction } = segment;
    const side = direction === 0 ? ">" : "<";
    if (this.failed.includes(side)) return;
    const data = Buffer.concat([this.rest[direction], segment.data]);
    new Uint8Array(this.memory.buffer).set(data, this.input);
    const flags = (segment.gap ? FLAGS.Gap : 0) | (segment.eof ? FLAGS.Eof : 0);
    const length = segment.gap ?? data.length;
    const taken = this.core["parseApp"]!(this.state, direction, segment.gap ? 0 : this.input, length, flags);
    this.flags |= this.core["takeFlags"]!(this.state);
    if (taken < 0) {
      this.failed += side;
      this.rest[direction] = Buffer.alloc(0);
    } else if (segment.gap) this.rest[direction] = Buffer.alloc(0);
    else this.rest[direction] = Buffer.from(data.subarray(taken));
  }

  /** Bytes a direction waits with. */
  waiting(direction: 0 | 1): number {
    return this.rest[direction].length;
  }

  close(): void {
    for (const state of this.states.splice(0)) {
      this.core["dropExpected"]!(state);
      this.core["closeApp"]!(state);
    }
  }

  /** Bytes the protocols hold. */
  held(): number {
    return Array.from({ length: ACCOUNTS }, (_, account) => this.core["usedBy"]!(account)).reduce((a, b) => a + b, 0);
  }

  transactions(): number[] {
    const all: number[] = [];
    for (let tx = this.core["oldest"]!(this.state); tx !== 0; tx = this.core["next"]!(tx)) all.push(tx);
    return all;
  }

  /** A buffer by its keyword, as Latin-1 text; undefined when it is absent. */
  buffer(tx: number, direction: 0 | 1, keyword: string, index = 0): string | undefined {
    const id = Buffers[keyword.replaceAll(".", "__") as keyof typeof Buffers];
    if (id === undefined) throw new Error(`no buffer ${keyword}`);
    return this.bufferById(tx, direction, id, index);
  }

  private bufferById(tx: number, direction: 0 | 1, id: number, index: number): string | undefined {
    if (!this.core["appBuffer"]!(this.state, tx, id, direction, index)) return undefined;
    const at = this.core["data"]!();
    return Buffer.from(new Uint8Array(this.memory.buffer, at, this.core["length"]!())).toString("latin1");
  }

  /** A number by its keyword; undefined when it is absent. */
  number(tx: number, direction: 0 | 1, keyword: string, index = 0): number | undefined {
    const id = Field[keyword.replaceAll(".", "__") as keyof typeof Field];
    if (id === undefined) throw new Error(`no number ${keyword}`);
    return this.core["appNumber"]!(this.state, tx, id, direction, index) ? Number(this.core["found"]!()) : undefined;
  }

  /** Asks for everything a rule or a log could ask for. */
  readAll(): void {
    for (const tx of this.transactions()) {
      for (const direction of [0, 1] as const) {
        for (const id of Object.values(Buffers)) {
          if (typeof id !== "number") continue;
          for (let index = 0; index < 4; index++) this.bufferById(tx, direction, id, index);
        }
        for (const id of Object.values(Field)) {
          if (typeof id === "number") this.core["appNumber"]!(this.state, tx, id, direction, 0);
        }
      }
      this.core["openBody"]!(this.body, BODY_BYTES);
      this.core["logApp"]!(this.state, tx);
      this.core["closeBody"]!();
    }
  }

  progress(tx: number): string {
    return `${this.core["progress"]!(tx, 0)} ${this.core["progress"]!(tx, 1)}`;
  }

  events(tx: number): string[] {
    const count = this.core["events"]!(tx);
    return Array.from({ length: count }, (_, i) => AppEvent[this.core["event"]!(tx, i)]!.replace(/^.*?__/, ""));
  }

  changeTo(): string {
    return AppProto[this.core["changeTo"]!(this.state)]!;
  }
}
