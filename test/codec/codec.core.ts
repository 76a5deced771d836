/** Exports the codecs alone, so that tests can drive them without the rest of the core. */
import { Decompressor } from "../../assembly/codec/decompress";
import { INFLATE_SIZE, Inflate } from "../../assembly/codec/inflate";
import { LZMA_SIZE, Lzma } from "../../assembly/codec/lzma";

export { adler32, crc32 } from "../../assembly/codec/checksum";
export {
  decompressorBegin,
  decompressorFail,
  decompressorFeed,
  decompressorNext,
  decompressorPrepend,
  decompressorSize,
} from "../../assembly/codec/decompress";
export { inflateBegin, inflateStep } from "../../assembly/codec/inflate";
export { lzmaBegin, lzmaStep } from "../../assembly/codec/lzma";

export function inflateSize(): usize {
  return INFLATE_SIZE;
}
export function inflateConsumed(s: Inflate): u32 {
  return s.consumed;
}
export function inflateProduced(s: Inflate): u32 {
  return s.produced;
}
export function lzmaSize(): usize {
  return LZMA_SIZE;
}
export function lzmaConsumed(s: Lzma): u32 {
  return s.consumed;
}
export function lzmaProduced(s: Lzma): u32 {
  return s.produced;
}
export function chunkAt(d: Decompressor): usize {
  return d.out;
}
export function chunkLength(d: Decompressor): u32 {
  return d.outLength;
}

export { base64Begin, base64Decode, base64Finish, base64Room, base64Step } from "../../assembly/codec/base64";
export { digestBegin, digestFinish, digestUpdate } from "../../assembly/codec/digest";
export { percentDecode } from "../../assembly/codec/percent";
