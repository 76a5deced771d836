/**
 * A worker's events on their way to the main thread. They are gathered for some milliseconds: a message costs both threads more than its
 * records do, and none is sent before the frames it tells of have their verdicts. What the main thread does not keep up with is given up and
 * counted, so memory stays bounded.
 */
import type { Mode } from "../engine/settings.ts";
import type { Evidence } from "../evidence/container.ts";
import type { Finding } from "../evidence/recorder.ts";
import { type KeptEvidence, MAX_EVENTS_UNDER_WAY, type Report, Share } from "./messages.ts";

/** Milliseconds for which records are gathered. */
export const GATHERED_MS = 20;
/** Bytes of records after which they are sent at once. */
const MOST_GATHERED = 256 * 1024;
/** Evidence of one batch; what is beyond is counted. */
const MOST_FINDINGS = 64;
/** What evidence takes besides the bytes of its frames, each. */
const FRAME_OVERHEAD = 200;

export class EventSender {
  private readonly share: BigInt64Array;
  private readonly post: (report: Report, transfer: ArrayBuffer[]) => void;
  private records = new Uint8Array(MOST_GATHERED);
  private length = 0;
  /** When the first of the gathered records came, milliseconds; 0: there is none. */
  private since = 0;
  private findings: Finding[] = [];
  private generation: number;
  private mode: Mode;

  constructor(
    share: BigInt64Array,
    under: { generation: number; mode: Mode },
    post: (report: Report, transfer: ArrayBuffer[]) => void,
  ) {
    this.share = share;
    this.generation = under.generation;
    this.mode = under.mode;
    this.post = post;
  }

  /** Records of the core, where they lie in its memory. */
  add(records: Uint8Array): void {
    if (this.length + records.length > this.records.length) this.send();
    if (records.length > this.records.length) this.records = new Uint8Array(records.length);
    this.records.set(records, this.length);
    this.length += records.length;
    if (this.since === 0) this.since = performance.now();
  }

  /** Evidence of an event that was added, or is about to be. */
  find(finding: Finding): void {
    if (this.findings.length < MOST_FINDINGS) this.findings.push(finding);
    else this.omit();
  }

  /** Whether something is gathered: the worker is not to wait for long. */
  get waiting(): boolean {
    return this.since !== 0;
  }

  /** After a batch has its verdicts: sends what has been gathered for long enough, and evidence at once. */
  settled(): void {
    if (this.findings.length > 0 || (this.since !== 0 && performance.now() - this.since >= GATHERED_MS)) this.send();
  }

  /** From now on records are those of another database or mode. */
  changed(generation: number, mode: Mode): void {
    this.send();
    this.generation = generation;
    this.mode = mode;
  }

  /** Sends everything. */
  send(): void {
    const { share, length } = this;
    const evidence = this.findings.length > 0 ? this.makeEvidence() : [];
    this.since = 0;
    this.length = 0;
    if (length === 0) return;
    if (this.underWay > BigInt(MAX_EVENTS_UNDER_WAY)) {
      share[Share.EventsLost] = share[Share.EventsLost]! + BigInt(countRecords(this.records.subarray(0, length)));
      for (const _ of evidence) this.omit();
      return;
    }
    const records = this.records.slice(0, length);
    const bytes = length + evidence.reduce((sum, each) => sum + each.bytes, 0);
    share[Share.EventBytes] = share[Share.EventBytes]! + BigInt(bytes);
    const { generation, mode } = this;
    this.post({ type: "events", records, bytes, evidence, generation, mode }, [records.buffer]);
  }

  private makeEvidence(): KeptEvidence[] {
    const { findings } = this;
    this.findings = [];
    let room = Number(BigInt(MAX_EVENTS_UNDER_WAY) - this.underWay);
    return findings.flatMap(({ name, event, flow, rule, make }) => {
      const evidence = make();
      const bytes = sizeOf(evidence);
      room -= bytes;
      if (room >= 0) return [{ name, evidence, bytes, type: event.type, frame: event.frame, flow, rule }];
      this.omit();
      return [];
    });
  }

  private get underWay(): bigint {
    return this.share[Share.EventBytes]! - Atomics.load(this.share, Share.Acknowledged);
  }

  private omit(): void {
    this.share[Share.EvidenceLost] = this.share[Share.EvidenceLost]! + 1n;
  }
}

function sizeOf({ frames }: Evidence): number {
  return frames.reduce((sum, { data }) => sum + data.length + FRAME_OVERHEAD, 0);
}

function countRecords(records: Uint8Array): number {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  let count = 0;
  for (let at = 0; at + 4 <= records.length; at += Math.max(8, view.getUint32(at, true))) count++;
  return count;
}
