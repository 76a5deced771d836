/** Replays captures through an engine: frames in, verdicts and events out. */

import { LinkType, Verdict } from "../../../assembly/abi/codes.ts";
import { Counter } from "../../../assembly/abi/counters.ts";
import type { CapturedFrame } from "../capture/frame.ts";
import { readCapture } from "../capture/reader.ts";
import type { CaptureWriter } from "../capture/writer.ts";
import { type InspectionEngine, isPassed } from "../engine/engine.ts";

/** What a replay counted. */
export interface ReplaySummary {
  frames: number;
  bytes: number;
  passed: number;
  dropped: number;
  rejected: number;
  modified: number;
  /** Microseconds since 1970 of the first and the last frame; 0 without frames. */
  first: number;
  last: number;
}

export interface ReplayOptions {
  /** Receives the frames that were let by, and the answers to rejected ones. */
  passed?: CaptureWriter;
  /** Called now and then with the bytes inspected since the last call. */
  onProgress?: (bytes: number) => Promise<void>;
  /** Frames of one batch at most; the engine's capacity when left out. */
  batch?: number;
  /** Called with each frame's verdict, in order. */
  onVerdict?: (verdict: number) => void;
}

/** Link types whose frames are IP packets. */
const RAW_LINKS: ReadonlySet<number> = new Set([LinkType.Raw, LinkType.RawOld, LinkType.Ipv4, LinkType.Ipv6]);
/** After so many frames `checksum-checks: auto` decides, as in Suricata. */
const CHECKSUM_SAMPLE = 1000;
const CHECKSUM_INVALID_RATIO = 10;

/** Runs one capture after another through the engine. */
export class Replay {
  readonly summary: ReplaySummary = {
    frames: 0,
    bytes: 0,
    passed: 0,
    dropped: 0,
    rejected: 0,
    modified: 0,
    first: 0,
    last: 0,
  };
  private readonly engine: InspectionEngine;
  private readonly options: ReplayOptions;
  /** Frames of the batch as the capture gave them, kept for the writer. */
  private readonly batch: CapturedFrame[] = [];
  private ignoreChecksums: boolean;

  constructor(engine: InspectionEngine, options: ReplayOptions = {}) {
    this.engine = engine;
    this.options = options;
    this.ignoreChecksums = engine.config["pcap-file"]["checksum-checks"] === "no";
  }

  /**
   * Inspects every frame of a capture.
   * @throws VpatchError when the capture is damaged; the frames before the damage have been inspected
   */
  async capture(file: string): Promise<void> {
    try {
      for await (const frames of readCapture(file)) {
        let bytes = 0;
        for (const frame of frames) {
          this.frame(frame);
          bytes += frame.data.length;
        }
        // The reader's buffer is reused from here on; what waits in the batch lies in the core's memory already.
        await this.options.onProgress?.(bytes);
      }
    } finally {
      this.inspect();
    }
  }

  /** Adds a frame, and inspects when the batch is full. */
  frame(frame: CapturedFrame): void {
    const timestamp = frame.seconds * 1_000_000 + Math.floor(frame.nanoseconds / 1000);
    const input = {
      data: frame.data,
      linkType: frame.linkType,
      timestamp,
      number: this.summary.frames + 1,
      wireLength: frame.originalLength,
      partialChecksum: this.ignoreChecksums,
    };
    if (this.batch.length >= (this.options.batch ?? Number.POSITIVE_INFINITY)) this.inspect();
    if (!this.engine.write(input)) {
      this.inspect();
      this.engine.write(input);
    }
    this.batch.push(this.options.passed ? { ...frame, data: frame.data.slice() } : frame);
    const { summary } = this;
    if (summary.frames === 0) summary.first = timestamp;
    summary.last = Math.max(summary.last, timestamp);
    summary.frames++;
    summary.bytes += frame.data.length;
    if (summary.frames === CHECKSUM_SAMPLE) this.decideChecksums();
  }

  /** Ends the replay: what waits is inspected, flows end. */
  finish(): ReplaySummary {
    this.inspect();
    this.engine.finish();
    return this.summary;
  }

  private inspect(): void {
    const verdicts = this.engine.inspect();
    const { summary, options } = this;
    for (const [index, verdict] of verdicts.entries()) {
      if (verdict === Verdict.Drop) summary.dropped++;
      else if (verdict === Verdict.Reject) summary.rejected++;
      else summary.passed++;
      if (verdict === Verdict.Modified) summary.modified++;
      options.onVerdict?.(verdict);
      if (options.passed && isPassed(verdict)) {
        const frame = this.batch[index]!;
        options.passed.write(verdict === Verdict.Modified ? { ...frame, data: this.engine.frame(index) } : frame);
      }
      if (options.passed && verdict === Verdict.Reject) this.writeReplies(options.passed, index);
    }
    this.batch.length = 0;
  }

  /** Answers appear at the time of the frame they answer. */
  private writeReplies(passed: CaptureWriter, index: number): void {
    const rejected = this.batch[index]!;
    for (const { index: answered, data, lead } of this.engine.replies) {
      if (answered !== index || (lead === 0 && !RAW_LINKS.has(rejected.linkType))) continue;
      passed.write({ ...rejected, data, originalLength: data.length });
    }
  }

  /** A capture of a host that leaves checksums to its network card has wrong ones on every frame it sent. */
  private decideChecksums(): void {
    if (this.engine.config["pcap-file"]["checksum-checks"] !== "auto") return;
    this.inspect();
    const invalid = Number(this.engine.counters()[Counter.tcp__invalid_checksum] ?? 0n);
    this.ignoreChecksums = invalid > CHECKSUM_SAMPLE / CHECKSUM_INVALID_RATIO;
  }
}
