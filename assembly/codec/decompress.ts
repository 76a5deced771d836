/**
 * A chain of content decoders with the tolerance of libhtp (Suricata 8), for message bodies.
 *
 *     feed --> layer n-1 --> ... --> layer 0 --> chunks, taken with `decompressorNext`
 *
 * A layer that meets an error without having produced anything tries the next of gzip, raw deflate and zlib, three times,
 * and then lets the data through undecoded; one that fails after output ends the chain: what follows is dropped.
 * What a second or later attempt had produced in the same feed is discarded with the attempt.
 * Data after the end of a stream is ignored, gzip trailers are not checked.
 */
import { GzipHeader, gzipHeaderBegin, gzipHeaderStep } from "./gzip";
import { INFLATE_SIZE, Inflate, InflateFraming, inflateBegin, inflateStep } from "./inflate";
import { LZMA_SIZE, Lzma, lzmaBegin, lzmaStep } from "./lzma";
import { CodecStatus } from "./status";

/** Content codings. */
export const enum Encoding {
  None = 0,
  Gzip = 1,
  Deflate = 2,
  Zlib = 3,
  Lzma = 4,
}

const CHUNK_SIZE: u32 = 8192;
/** The decoder's run: a failed attempt is repeated from the input that stood at the start of one. */
const RUN_SIZE: u32 = 32768;
const MAX_RESTARTS: u32 = 3;
/** Most layers a chain can have. */
export const MAX_LAYERS: u32 = 8;

@unmanaged
class Layer {
  encoding: Encoding = Encoding.None;
  restarts: u32 = 0;
  passthrough: bool = false;
  ended: bool = false;
  inHeader: bool = false;
  inputAt: usize = 0;
  inputEnd: usize = 0;
  /** Where an attempt that fails starts over, and the output of the run since then. */
  runStart: usize = 0;
  runProduced: u32 = 0;
  /** Bytes in the chunk that the next layer has not seen. */
  pending: u32 = 0;
  /** The decoder has more output than there was room for. */
  holding: bool = false;
}

/** The chain's record, handed in by the caller with `decompressorSize(layers)` bytes. */
@unmanaged
export class Decompressor {
  layers: u32 = 0;
  capacity: u32 = 0;
  failed: bool = false;
  lzmaWindow: usize = 0;
  lzmaWindowSize: u32 = 0;
  /** The chunk `decompressorNext` gives out. */
  out: usize = 0;
  outLength: u32 = 0;
}

const HEADER: usize = offsetof<Layer>();
const CODEC: usize = (HEADER + offsetof<GzipHeader>() + 7) & ~7;
const CODEC_SIZE: usize = INFLATE_SIZE > LZMA_SIZE ? INFLATE_SIZE : LZMA_SIZE;
const CHUNK: usize = CODEC + ((CODEC_SIZE + 7) & ~7);
const LAYER_SIZE: usize = CHUNK + <usize>CHUNK_SIZE;
const LAYERS: usize = (offsetof<Decompressor>() + 7) & ~7;

/** Bytes of a chain of at most `layers` layers. */
export function decompressorSize(layers: u32): usize {
  return LAYERS + <usize>layers * LAYER_SIZE;
}

/**
 * Begins a chain without layers in `region` (8-byte aligned). LZMA layers share `lzmaWindow`; with a window of size 0 they
 * let data through undecoded.
 */
export function decompressorBegin(region: usize, capacity: u32, lzmaWindow: usize, lzmaWindowSize: u32): Decompressor {
  memory.fill(region, 0, LAYERS);
  const d = changetype<Decompressor>(region);
  d.capacity = min(capacity, MAX_LAYERS);
  d.lzmaWindow = lzmaWindow;
  d.lzmaWindowSize = lzmaWindowSize;
  return d;
}

/**
 * Adds a layer in front of those there: codings are added in the order the sender applied them. False when the chain
 * is full. The LZMA window serves one layer; a second LZMA layer lets data through.
 */
export function decompressorPrepend(d: Decompressor, encoding: Encoding): bool {
  if (encoding == Encoding.None) return true;
  if (d.layers >= d.capacity) return false;
  const layer = layerAt(d, d.layers++);
  memory.fill(changetype<usize>(layer), 0, HEADER);
  startLayer(d, layer, encoding);
  return true;
}

function layerAt(d: Decompressor, index: u32): Layer {
  return changetype<Layer>(changetype<usize>(d) + LAYERS + <usize>index * LAYER_SIZE);
}

function startLayer(d: Decompressor, layer: Layer, encoding: Encoding): void {
  const region = changetype<usize>(layer);
  layer.encoding = encoding;
  layer.ended = false;
  layer.pending = 0;
  layer.holding = false;
  layer.runProduced = 0;
  layer.inHeader = encoding == Encoding.Gzip;
  if (layer.inHeader) gzipHeaderBegin(changetype<GzipHeader>(region + HEADER));
  if (encoding != Encoding.Lzma) {
    inflateBegin(region + CODEC, encoding == Encoding.Zlib ? InflateFraming.Zlib : InflateFraming.Raw);
  } else if (d.lzmaWindowSize == 0) {
    layer.passthrough = true;
  } else {
    lzmaBegin(region + CODEC, d.lzmaWindow, d.lzmaWindowSize);
    d.lzmaWindowSize = 0;
  }
}

/** Gives the chain new input; the bytes must stay until `decompressorNext` has returned false. */
export function decompressorFeed(d: Decompressor, input: usize, length: u32): void {
  if (d.failed || d.layers == 0) return;
  give(layerAt(d, d.layers - 1), input, length);
}

function give(layer: Layer, input: usize, length: u32): void {
  layer.inputAt = input;
  layer.inputEnd = input + length;
  layer.runStart = input;
  layer.runProduced = 0;
}

/** Ends decoding for good: the rest of the body is dropped (a decompression bomb). */
export function decompressorFail(d: Decompressor): void {
  d.failed = true;
}

/** The next chunk of decoded data in `out` and `outLength`; false when all input is used. */
export function decompressorNext(d: Decompressor): bool {
  while (!d.failed) {
    let busy: u32 = 0;
    while (busy < d.layers && !hasInput(layerAt(d, busy))) busy++;
    if (busy < d.layers) {
      const layer = layerAt(d, busy);
      if (layer.passthrough) {
        const input = layer.inputAt;
        layer.inputAt = layer.inputEnd;
        if (hand(d, busy, input, <u32>(layer.inputEnd - input))) return true;
      } else if (runLayer(d, busy) && pass(d, busy)) return true;
      continue;
    }
    // No input anywhere: flush from the front to the back.
    let flushing = d.layers;
    while (flushing > 0 && layerAt(d, flushing - 1).pending == 0) flushing--;
    if (flushing == 0) return false;
    if (pass(d, flushing - 1)) return true;
  }
  return false;
}

function hasInput(layer: Layer): bool {
  return layer.inputAt < layer.inputEnd || layer.holding;
}

/** Hands a layer's chunk to the next one. True when that is the caller. */
function pass(d: Decompressor, index: u32): bool {
  const layer = layerAt(d, index);
  const length = layer.pending;
  layer.pending = 0;
  return hand(d, index, changetype<usize>(layer) + CHUNK, length);
}

function hand(d: Decompressor, index: u32, data: usize, length: u32): bool {
  if (index > 0) {
    give(layerAt(d, index - 1), data, length);
    return false;
  }
  d.out = data;
  d.outLength = length;
  return length > 0;
}

/** Decodes a layer's input into its chunk. True when the chunk is to be handed on. */
function runLayer(d: Decompressor, index: u32): bool {
  const layer = layerAt(d, index);
  const region = changetype<usize>(layer);
  if (layer.ended) {
    layer.inputAt = layer.inputEnd;
    return false;
  }
  const length = <u32>(layer.inputEnd - layer.inputAt);
  if (layer.inHeader) {
    const header = changetype<GzipHeader>(region + HEADER);
    const status = gzipHeaderStep(header, layer.inputAt, length);
    if (status == CodecStatus.Error) return recover(d, index);
    layer.inputAt += header.consumed;
    layer.runStart = layer.inputAt;
    layer.inHeader = status == CodecStatus.NeedInput;
    return false;
  }
  const chunk = region + CHUNK + <usize>layer.pending;
  const room = min(CHUNK_SIZE - layer.pending, RUN_SIZE - layer.runProduced);
  let status: CodecStatus;
  let produced: u32;
  if (layer.encoding == Encoding.Lzma) {
    const lzma = changetype<Lzma>(region + CODEC);
    status = lzmaStep(lzma, layer.inputAt, length, chunk, room);
    layer.inputAt += lzma.consumed;
    produced = lzma.produced;
  } else {
    const inflate = changetype<Inflate>(region + CODEC);
    status = inflateStep(inflate, layer.inputAt, length, chunk, room);
    layer.inputAt += inflate.consumed;
    produced = inflate.produced;
  }
  layer.pending += produced;
  layer.runProduced += produced;
  layer.holding = status == CodecStatus.NeedOutput;
  if (status == CodecStatus.Error) return recover(d, index);
  if (status == CodecStatus.End) layer.ended = true;
  if (layer.runProduced >= RUN_SIZE) {
    layer.runProduced = 0;
    layer.runStart = layer.inputAt;
  }
  return layer.pending == CHUNK_SIZE;
}

/** What a layer does about malformed input (see the top). True when its chunk is to be handed on. */
function recover(d: Decompressor, index: u32): bool {
  const layer = layerAt(d, index);
  if (layer.restarts == 0 && layer.pending > 0) {
    for (let i = index; i < d.layers; i++) {
      const front = layerAt(d, i);
      front.ended = true;
      front.holding = false;
      front.inputAt = front.inputEnd;
      if (i > index) front.pending = 0;
    }
    return true;
  }
  layer.inputAt = layer.runStart;
  if (layer.restarts < MAX_RESTARTS) {
    layer.restarts++;
    startLayer(d, layer, nextAttempt(layer.encoding));
    return false;
  }
  layer.pending = 0;
  layer.holding = false;
  for (let i: u32 = 0; i <= index; i++) layerAt(d, i).passthrough = true;
  return false;
}

function nextAttempt(encoding: Encoding): Encoding {
  if (encoding == Encoding.Deflate) return Encoding.Zlib;
  return encoding == Encoding.Zlib ? Encoding.Gzip : Encoding.Deflate;
}
