/** `entropy`: Shannon entropy of the buffer in bits a byte, compared in millionths (Suricata manual, "entropy"). */
import { EntropyField } from "../../abi/conditions";
import { compareNumber } from "../compare";

const MILLION: f64 = 1000000;
const counts: usize = memory.data(256 * 4);

export function entropyMatches(c: usize, data: usize, length: u32): bool {
  const offset = load<u32>(c, EntropyField.offset);
  const bytes = load<u32>(c, EntropyField.bytes);
  if (offset > length || bytes > length - offset) return false;
  const n = bytes == 0 ? length - offset : bytes;
  return compareNumber(<u64>(entropy(data + offset, n) * MILLION + 0.5), c);
}

function entropy(data: usize, length: u32): f64 {
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
  return max<f64>(bits, 0);
}
