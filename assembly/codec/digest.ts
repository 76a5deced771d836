/**
 * MD5 (RFC 1321), SHA-1 (RFC 3174) and SHA-256 (RFC 6234), incremental. Used for file hashes, transforms and JA3;
 * none of them protects anything here.
 *
 * One record serves all three; the caller hands in `DIGEST_SIZE` bytes a running hash.
 */
import { md5Block } from "./md5";
import { sha1Block } from "./sha1";
import { sha256Block } from "./sha256";

export const enum DigestKind {
  Md5 = 0,
  Sha1 = 1,
  Sha256 = 2,
}

/** Chaining values; the open block of 64 bytes follows the record. */
@unmanaged
export class Digest {
  kind: DigestKind = DigestKind.Md5;
  open: u32 = 0;
  length: u64 = 0;
  h0: u32 = 0;
  h1: u32 = 0;
  h2: u32 = 0;
  h3: u32 = 0;
  h4: u32 = 0;
  h5: u32 = 0;
  h6: u32 = 0;
  h7: u32 = 0;
}

const BLOCK_SIZE: u32 = 64;
const BLOCK: usize = offsetof<Digest>();
const H: usize = offsetof<Digest>("h0");
export const DIGEST_SIZE: usize = BLOCK + <usize>BLOCK_SIZE;

/** Length of a finished digest in bytes. */
export function digestLength(kind: DigestKind): u32 {
  return kind == DigestKind.Md5 ? 16 : kind == DigestKind.Sha1 ? 20 : 32;
}

export function digestBegin(region: usize, kind: DigestKind): Digest {
  memory.fill(region, 0, DIGEST_SIZE);
  const d = changetype<Digest>(region);
  d.kind = kind;
  d.h0 = 0x6745_2301;
  d.h1 = 0xefcd_ab89;
  d.h2 = 0x98ba_dcfe;
  d.h3 = 0x1032_5476;
  d.h4 = 0xc3d2_e1f0;
  if (kind == DigestKind.Sha256) {
    d.h0 = 0x6a09_e667;
    d.h1 = 0xbb67_ae85;
    d.h2 = 0x3c6e_f372;
    d.h3 = 0xa54f_f53a;
    d.h4 = 0x510e_527f;
    d.h5 = 0x9b05_688c;
    d.h6 = 0x1f83_d9ab;
    d.h7 = 0x5be0_cd19;
  }
  return d;
}

function blocks(d: Digest, data: usize, count: u32): void {
  const h = changetype<usize>(d) + H;
  for (; count > 0; count--) {
    if (d.kind == DigestKind.Md5) md5Block(h, data);
    else if (d.kind == DigestKind.Sha1) sha1Block(h, data);
    else sha256Block(h, data);
    data += BLOCK_SIZE;
  }
}

export function digestUpdate(d: Digest, data: usize, length: u32): void {
  const block = changetype<usize>(d) + BLOCK;
  d.length += <u64>length;
  if (d.open > 0) {
    const taken = min(BLOCK_SIZE - d.open, length);
    memory.copy(block + d.open, data, taken);
    d.open += taken;
    data += taken;
    length -= taken;
    if (d.open < BLOCK_SIZE) return;
    blocks(d, block, 1);
    d.open = 0;
  }
  blocks(d, data, length >> 6);
  data += length & ~63;
  d.open = length & 63;
  memory.copy(block, data, d.open);
}

/** Writes the digest (`digestLength` bytes) to `out`; the record must begin anew afterwards. */
export function digestFinish(d: Digest, out: usize): u32 {
  const block = changetype<usize>(d) + BLOCK;
  const h = changetype<usize>(d) + H;
  const md5 = d.kind == DigestKind.Md5;
  store<u8>(block + d.open, 0x80);
  memory.fill(block + d.open + 1, 0, BLOCK_SIZE - d.open - 1);
  if (d.open >= 56) {
    blocks(d, block, 1);
    memory.fill(block, 0, BLOCK_SIZE);
  }
  const bits = d.length << 3;
  store<u64>(block + 56, md5 ? bits : bswap<u64>(bits));
  blocks(d, block, 1);
  const length = digestLength(d.kind);
  for (let i: u32 = 0; i < length; i += 4) {
    const word = load<u32>(h + i);
    store<u32>(out + i, md5 ? word : bswap<u32>(word));
  }
  return length;
}

/** Lower-case hexadecimal text of `length` bytes; `out` takes twice as many. */
export function hexText(data: usize, length: u32, out: usize): void {
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(data + i);
    const high = byte >> 4;
    const low = byte & 15;
    store<u8>(out + ((<usize>i) << 1), <u8>(high + (high < 10 ? 48 : 87)));
    store<u8>(out + ((<usize>i) << 1), <u8>(low + (low < 10 ? 48 : 87)), 1);
  }
}
