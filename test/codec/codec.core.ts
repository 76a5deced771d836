/** Exports the codecs alone, so that tests can drive them without the rest of the core. */
import { Decompressor } from "../../assembly/codec/decompress";
import { hkdfExpandLabel, hkdfExtract } from "../../assembly/codec/hkdf";
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

export { aesEncrypt, aesExpand } from "../../assembly/codec/aes";
export { base64Begin, base64Decode, base64Finish, base64Room, base64Step } from "../../assembly/codec/base64";
export { digestBegin, digestFinish, digestUpdate } from "../../assembly/codec/digest";
export { gcmOpen } from "../../assembly/codec/gcm";
export { percentDecode } from "../../assembly/codec/percent";

/** Secret and keys of QUIC's client for a connection id (RFC 9001 appendix A.1): 32, 16, 12 and 16 bytes at `out`. */
export function quicClient(salt: usize, id: usize, length: u32, out: usize): void {
  hkdfExtract(salt, 20, id, length, out + 96);
  hkdfExpandLabel(out + 96, "client in", 32, out);
  hkdfExpandLabel(out, "quic key", 16, out + 32);
  hkdfExpandLabel(out, "quic iv", 12, out + 48);
  hkdfExpandLabel(out, "quic hp", 16, out + 60);
}
