/** The EVE log: chooses among the core's events as the configuration says, and writes their lines to a file. */
import { closeSync, openSync, writeSync } from "node:fs";
import { DropReason } from "../../../assembly/abi/codes.ts";
import { EventType } from "../../../assembly/abi/frames.ts";
import { fileError } from "../errors.ts";
import type { Anomaly } from "./anomaly.ts";
import { bodyMembers } from "./cbor.ts";
import { type EveContext, eventName, formatEvent } from "./format.ts";
import type { EventView } from "./record.ts";
import { formatStats } from "./stats.ts";

/** Lines are gathered up to this many characters before they are written. */
const GATHERED = 1 << 16;

/** Flows whose drops are remembered (`drop.flows: start`); beyond, all are forgotten and may be logged once more. */
const REMEMBERED_FLOWS = 1 << 20;

/** Where lines go. */
export interface LineSink {
  write(text: string): void;
  close(): void;
}

/** A sink that writes a file. */
export function fileSink(file: string): LineSink {
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw fileError(cause, file);
    }
  };
  const fd = attempt(() => openSync(file, "w"));
  // One buffer for all: what is made anew for each write is collected late.
  let buffer = Buffer.allocUnsafeSlow(GATHERED);
  return {
    write(text) {
      const length = Buffer.byteLength(text);
      if (length > buffer.length) buffer = Buffer.allocUnsafeSlow(length);
      buffer.write(text);
      for (let at = 0; at < length; ) at += attempt(() => writeSync(fd, buffer, at, length - at));
    },
    close: () => closeSync(fd),
  };
}

/** Writes events. The counts are of events that came, whether written or not. */
export class EveLog {
  readonly context: EveContext;
  private readonly sink: LineSink;
  private readonly droppedFlows = new Set<string>();
  private lines = "";
  /** Lines written, by event type. */
  readonly written = new Map<string, number>();

  constructor(sink: LineSink, context: EveContext) {
    this.sink = sink;
    this.context = context;
  }

  /** Writes an event if the configuration asks for it. */
  event(event: EventView): void {
    const name = eventName(event);
    if (!this.wanted(event, name)) return;
    this.line(name, formatEvent(event, this.context));
  }

  /** Writes the counters. @param time microseconds since 1970 @param uptime seconds */
  stats(counters: BigUint64Array, time: number, uptime: number): void {
    if (this.context.options.types.has("stats")) this.line("stats", formatStats(counters, time, uptime));
  }

  /** Writes what is gathered. */
  flush(): void {
    if (this.lines.length > 0) this.sink.write(this.lines);
    this.lines = "";
  }

  close(): void {
    this.flush();
    this.sink.close();
  }

  private line(name: string, text: string): void {
    this.written.set(name, (this.written.get(name) ?? 0) + 1);
    this.lines += `${text}\n`;
    if (this.lines.length >= GATHERED) this.flush();
  }

  private wanted(event: EventView, name: string): boolean {
    const { types, drop } = this.context.options;
    if (event.type === EventType.Flow)
      for (const direction of ["to_server", "to_client"]) this.droppedFlows.delete(`${event.flow} ${direction}`);
    if (event.type === EventType.FileInfo) return types.has("files");
    if (event.type === EventType.Engine) return true;
    if (!types.has(name) && !types.has(name.replaceAll("_", "-"))) return false;
    if (event.type === EventType.Anomaly) return this.wantedAnomaly(event);
    return event.type !== EventType.Drop || drop.flows === "all" || this.firstDrop(event);
  }

  private wantedAnomaly(event: EventView): boolean {
    const { anomaly: wanted } = this.context.options;
    if (wanted.decode && wanted.stream && wanted.applayer) return true;
    const anomaly = bodyMembers(event.body).get("anomaly");
    return anomaly === undefined || wanted[(JSON.parse(anomaly) as Anomaly).type];
  }

  /** `drop.flows: start`: drops by rules, and else the first of each flow and direction. */
  private firstDrop(event: EventView): boolean {
    if (event.flow === 0n || event.reason === DropReason.Rules) return true;
    const key = `${event.flow} ${event.direction}`;
    if (this.droppedFlows.has(key)) return false;
    if (this.droppedFlows.size >= REMEMBERED_FLOWS) this.droppedFlows.clear();
    this.droppedFlows.add(key);
    return true;
  }
}
