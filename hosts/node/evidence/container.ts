/**
 * The evidence file: a pcapng capture (draft-ietf-opsawg-pcapng) that any tool opens. The section header's comment is the manifest, each
 * packet's comment its number, verdict and host flags; both JSON. docs/evidence.md describes the members.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { FrameInput } from "../engine/engine.ts";
import { fileError, VpatchError } from "../errors.ts";

export const EVIDENCE_VERSION = 1;

enum Block {
  SectionHeader = 0x0a0d0d0a,
  Interface = 1,
  EnhancedPacket = 6,
}

const MAGIC = 0x1a2b3c4d;
const COMMENT = 1;
const END_OF_OPTIONS = 0;
const MICROSECONDS_PER_WORD = 0x1_0000_0000;
const MAX_COMMENT = 0xffff;

/** An alert or drop as evidence compares it: nothing in it depends on what else the engine saw. */
export interface EvidenceEvent {
  type: "alert" | "drop";
  /** Frame number, 0 for the end of a flow. */
  frame: number;
  /** Microseconds since 1970. */
  timestamp: number;
  sid: number;
  gid: number;
  rev: number;
  msg: string;
  action: number;
  packetAction: number;
  reason: number;
  flags: number;
  /** Transaction; absent without one. */
  tx?: string;
}

export interface EvidenceManifest {
  "vpatch-evidence": number;
  kind: "alert" | "drop" | "crash";
  /** Microseconds since 1970 of the frame that did it, by the capture's clock. */
  timestamp: number;
  /** When the file was written, by the host's clock (RFC 3339). */
  written: string;
  engine: { build: string; sha256: string; abi: string };
  database: { sha256: string; "rules-sha256": string };
  /** The core's settings table: digest of its little-endian words, and every word that is not 0. */
  configuration: { sha256: string; words: number; settings: Record<string, number> };
  /** What the evidence is about; absent for a crash. */
  event?: EvidenceEvent;
  /** Alerts and drops of the flow up to there, this one included. */
  events: EvidenceEvent[];
  /** Frames of the flow that were seen and did not fit into the bound. */
  missing: number;
  /** What other flows may have had a part in, and what else a replay cannot know. */
  limits: string[];
  /** Text of the rule, when the database has it. */
  rule?: string;
  /** Crash: what the core's engine said, and the number of the frame that was being inspected. */
  reason?: string;
  culprit?: number;
}

/** A frame with the verdict it got; a frame that stopped the core got none. */
export interface EvidenceFrame extends FrameInput {
  number: number;
  verdict?: number;
}

export interface Evidence {
  manifest: EvidenceManifest;
  frames: EvidenceFrame[];
}

interface PacketNote {
  number: number;
  verdict?: number;
  partialChecksum?: boolean;
  egress?: boolean;
}

/** Writes an evidence file. @throws VpatchError when it cannot be written */
export function writeEvidence(file: string, evidence: Evidence): void {
  try {
    writeFileSync(file, encodeEvidence(evidence));
  } catch (cause) {
    throw fileError(cause, file);
  }
}

/** The bytes of an evidence file. */
export function encodeEvidence({ manifest, frames }: Evidence): Buffer {
  const blocks: Buffer[] = [];
  const body = Buffer.alloc(16);
  body.writeUInt32LE(MAGIC, 0);
  body.writeUInt16LE(1, 4);
  body.fill(0xff, 8, 16);
  blocks.push(block(Block.SectionHeader, body, JSON.stringify(manifest)));
  const interfaces: number[] = [];
  for (const { linkType } of frames) {
    if (interfaces.includes(linkType)) continue;
    interfaces.push(linkType);
    const description = Buffer.alloc(8);
    description.writeUInt16LE(linkType, 0);
    blocks.push(block(Block.Interface, description));
  }
  for (const frame of frames) blocks.push(packet(frame, interfaces.indexOf(frame.linkType)));
  return Buffer.concat(blocks);
}

/** The name of an evidence file begins with the moment it is about. @param time milliseconds since 1970 */
export function evidenceName(time: number, about: string): string {
  return `${new Date(time).toISOString().replaceAll(/[-:]/g, "")}-${about}.pcapng`;
}

function packet(frame: EvidenceFrame, source: number): Buffer {
  const { data, timestamp, number, verdict, partialChecksum, egress } = frame;
  const body = Buffer.alloc(20 + padded(data.length));
  body.writeUInt32LE(source, 0);
  body.writeUInt32LE(Math.floor(timestamp / MICROSECONDS_PER_WORD), 4);
  body.writeUInt32LE(timestamp % MICROSECONDS_PER_WORD, 8);
  body.writeUInt32LE(data.length, 12);
  body.writeUInt32LE(frame.wireLength ?? data.length, 16);
  body.set(data, 20);
  const note: PacketNote = {
    number,
    ...(verdict === undefined ? {} : { verdict }),
    ...(partialChecksum ? { partialChecksum } : {}),
    ...(egress ? { egress } : {}),
  };
  return block(Block.EnhancedPacket, body, JSON.stringify(note));
}

function block(type: Block, body: Buffer, comment?: string): Buffer {
  const text = Buffer.from(comment ?? "", "utf8");
  if (text.length > MAX_COMMENT) throw new RangeError("an evidence comment is longer than 65535 bytes");
  const options = comment === undefined ? 0 : 4 + padded(text.length) + 4;
  const length = 12 + body.length + options;
  const out = Buffer.alloc(length);
  out.writeUInt32LE(type, 0);
  out.writeUInt32LE(length, 4);
  body.copy(out, 8);
  if (comment !== undefined) {
    const at = 8 + body.length;
    out.writeUInt16LE(COMMENT, at);
    out.writeUInt16LE(text.length, at + 2);
    text.copy(out, at + 4);
  }
  out.writeUInt32LE(length, length - 4);
  return out;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** Reads an evidence file. @throws VpatchError when it is none, or damaged */
export function readEvidence(file: string): Evidence {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw fileError(cause, file);
  }
  const bad = (message: string): VpatchError =>
    new VpatchError("VPATCH_CAPTURE_FORMAT", message, {
      location: { file },
      remedy: "give a file that vpatch wrote as evidence",
    });
  const interfaces: number[] = [];
  const frames: EvidenceFrame[] = [];
  let manifest: EvidenceManifest | undefined;
  try {
    if (bytes.readUInt32LE(0) !== Block.SectionHeader) throw bad("this is no evidence, nor a pcapng capture at all");
    for (let at = 0; at < bytes.length; ) {
      const type = bytes.readUInt32LE(at);
      const length = bytes.readUInt32LE(at + 4);
      if (length < 12 || at + length > bytes.length) throw bad("the evidence ends within a block");
      const body = bytes.subarray(at + 8, at + length - 4);
      if (type === Block.SectionHeader) manifest = JSON.parse(commentOf(body, 16) ?? "null") as EvidenceManifest;
      else if (type === Block.Interface) interfaces.push(body.readUInt16LE(0));
      else if (type === Block.EnhancedPacket) frames.push(frameOf(body, interfaces));
      at += length;
    }
  } catch (error) {
    if (error instanceof VpatchError) throw error;
    throw bad("the evidence is damaged");
  }
  if (manifest?.["vpatch-evidence"] === undefined) throw bad("this capture carries no evidence");
  if (manifest["vpatch-evidence"] !== EVIDENCE_VERSION) {
    throw bad(`the evidence has version ${manifest["vpatch-evidence"]}, ${EVIDENCE_VERSION} is needed`);
  }
  return { manifest, frames };
}

function frameOf(body: Buffer, interfaces: readonly number[]): EvidenceFrame {
  const length = body.readUInt32LE(12);
  const note = JSON.parse(commentOf(body, 20 + padded(length)) ?? "{}") as PacketNote;
  return {
    data: body.subarray(20, 20 + length),
    linkType: interfaces[body.readUInt32LE(0)] ?? 1,
    timestamp: body.readUInt32LE(4) * MICROSECONDS_PER_WORD + body.readUInt32LE(8),
    wireLength: body.readUInt32LE(16),
    ...note,
  };
}

function commentOf(body: Buffer, from: number): string | undefined {
  for (let at = from; at + 4 <= body.length; ) {
    const code = body.readUInt16LE(at);
    const length = body.readUInt16LE(at + 2);
    if (code === COMMENT) return body.toString("utf8", at + 4, at + 4 + length);
    if (code === END_OF_OPTIONS) return undefined;
    at += 4 + padded(length);
  }
  return undefined;
}
