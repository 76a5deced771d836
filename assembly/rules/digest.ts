/** XXH64 (https://github.com/Cyan4973/xxHash, specification v0.1.1), seed 0: guards a database against damage, not against malice. */
const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;

function mix(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * P2, 31) * P1;
}

function merge(hash: u64, lane: u64): u64 {
  return (hash ^ mix(0, lane)) * P1 + P4;
}

/** Hash of `length` bytes at `data`. */
export function xxh64(data: usize, length: u32): u64 {
  const end = data + length;
  let at = data;
  let hash: u64 = P5;
  if (length >= 32) {
    let v1: u64 = P1 + P2;
    let v2: u64 = P2;
    let v3: u64 = 0;
    let v4: u64 = 0 - P1;
    do {
      v1 = mix(v1, load<u64>(at));
      v2 = mix(v2, load<u64>(at, 8));
      v3 = mix(v3, load<u64>(at, 16));
      v4 = mix(v4, load<u64>(at, 24));
      at += 32;
    } while (at + 32 <= end);
    hash = rotl<u64>(v1, 1) + rotl<u64>(v2, 7) + rotl<u64>(v3, 12) + rotl<u64>(v4, 18);
    hash = merge(merge(merge(merge(hash, v1), v2), v3), v4);
  }
  hash += length;
  while (at + 8 <= end) {
    hash = rotl<u64>(hash ^ mix(0, load<u64>(at)), 27) * P1 + P4;
    at += 8;
  }
  if (at + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(at) * P1), 23) * P2 + P3;
    at += 4;
  }
  while (at < end) {
    hash = rotl<u64>(hash ^ (<u64>load<u8>(at) * P5), 11) * P1;
    at++;
  }
  hash = (hash ^ (hash >> 33)) * P2;
  hash = (hash ^ (hash >> 29)) * P3;
  return hash ^ (hash >> 32);
}
