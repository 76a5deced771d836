/** `entropy`: Shannon entropy of the buffer in bits a byte, compared in units of 1/1000 (Suricata manual, entropy keyword). */
import { compareNumber } from "../compare";

const counts: usize = memory.data(256 * 4);

export function entropyMatches(c: usize, data: usize, length: u32): bool {
  if (length == 0) return false;
  memory.fill(counts, 0, 256 * 4);
  for (let i: u32 = 0; i < length; i++) {
    const slot = counts + ((<usize>load<u8>(data + i)) << 2);
    store<u32>(slot, load<u32>(slot) + 1);
  }
  let bits: f64 = 0;
  for (let i: usize = 0; i < 256; i++) {
    const n = load<u32>(counts + (i << 2));
    if (n == 0) continue;
    const p = <f64>n / <f64>length;
    bits -= p * Math.log2(p);
  }
  return compareNumber(<u64>(bits * 1000 + 0.5), c);
}
