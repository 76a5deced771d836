/** Drives the HTTP/1 parser and names what it found. */
import { AppEvent } from "../../assembly/abi/app_events.ts";
import { Buffer as Buffers } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { Setting } from "../../assembly/abi/settings.ts";
import { buildRoom } from "../core-room.ts";
import type { Segment } from "./conversation.ts";

/** The stock configuration. */
const stock: Record<string, number> = {
  HttpRequestBodyLimit: 100 << 10,
  HttpResponseBodyLimit: 100 << 10,
  HttpRequestBodyMinInspect: 32 << 10,
  HttpRequestBodyInspectWindow: 4 << 10,
  HttpResponseBodyMinInspect: 40 << 10,
  HttpResponseBodyInspectWindow: 16 << 10,
  HttpBodyInline: 0,
  HttpDecompressLayers: 2,
  HttpLzmaMemlimit: 1 << 20,
  HttpBombLimit: 1 << 20,
  HttpMaxRequestHeaders: 1024,
  HttpMaxTx: 512,
  HttpMetaFieldLimit: 18432,
};

const INPUT_BYTES = 1 << 20;

export class Http1 {
  private readonly core: Record<string, (...args: number[]) => number>;
  private readonly memory: WebAssembly.Memory;
  private readonly input: number;
  state = 0;

  static async create(): Promise<Http1> {
    return new Http1(await buildRoom("test/app/http1.core.ts"));
  }

  private constructor(room: WebAssembly.Instance) {
    this.core = room.exports as Record<string, (...args: number[]) => number>;
    this.memory = room.exports["memory"] as WebAssembly.Memory;
    this.core["configureHeap"]!(16 << 20);
    this.input = this.memory.buffer.byteLength;
    this.memory.grow(INPUT_BYTES / 65536 + 1);
  }

  open(settings: Record<string, number> = {}): void {
    for (let i = 0; i < this.core["settings"]!(); i++) this.core["putSetting"]!(i, 0);
    for (const [name, value] of Object.entries({ ...stock, ...settings })) {
      this.core["putSetting"]!(Setting[name as keyof typeof Setting], value);
    }
    this.state = this.core["http1Open"]!(6);
  }

  /** Bytes consumed, or -1. */
  feed(segment: Segment): number {
    new Uint8Array(this.memory.buffer).set(segment.data, this.input);
    const flags = (segment.gap ? 4 : 0) | (segment.eof ? 2 : 0);
    const length = segment.gap ?? segment.data.length;
    return this.core["http1Parse"]!(this.state, segment.direction, segment.gap ? 0 : this.input, length, flags);
  }

  close(): void {
    this.core["http1Close"]!(this.state);
  }

  /** Bytes the parser holds. */
  held(): number {
    const app = 1;
    const http = 2;
    const file = 4;
    return this.core["usedBy"]!(app) + this.core["usedBy"]!(http) + this.core["usedBy"]!(file);
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
    if (!this.core["http1Buffer"]!(this.state, tx, id, direction, index)) return undefined;
    const at = this.core["data"]!();
    return Buffer.from(new Uint8Array(this.memory.buffer, at, this.core["length"]!())).toString("latin1");
  }

  progress(tx: number): string {
    return `${this.core["progress"]!(tx, 0)} ${this.core["progress"]!(tx, 1)}`;
  }

  events(tx: number): string[] {
    const count = this.core["events"]!(tx);
    return Array.from({ length: count }, (_, i) => AppEvent[this.core["event"]!(tx, i)]!.replace("http__", ""));
  }

  changeTo(): string {
    return AppProto[this.core["changeTo"]!(this.state)]!;
  }
}
