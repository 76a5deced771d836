/** The SHA-1 compression function (RFC 3174 section 6.1). */

const schedule: usize = memory.data(320, 8);

/** Takes the 64 bytes at `block` into the chaining values at `h` (5 words). */
export function sha1Block(h: usize, block: usize): void {
  for (let i: usize = 0; i < 16; i++) store<u32>(schedule + (i << 2), bswap<u32>(load<u32>(block + (i << 2))));
  for (let i: usize = 16; i < 80; i++) {
    const at = schedule + (i << 2);
    store<u32>(at, rotl<u32>(load<u32>(at - 12) ^ load<u32>(at - 32) ^ load<u32>(at - 56) ^ load<u32>(at - 64), 1));
  }
  let a = load<u32>(h);
  let b = load<u32>(h, 4);
  let c = load<u32>(h, 8);
  let d = load<u32>(h, 12);
  let e = load<u32>(h, 16);
  for (let i: u32 = 0; i < 80; i++) {
    let f: u32;
    if (i < 20) f = ((b & c) | (~b & d)) + 0x5a82_7999;
    else if (i < 40) f = (b ^ c ^ d) + 0x6ed9_eba1;
    else if (i < 60) f = ((b & c) | (b & d) | (c & d)) + 0x8f1b_bcdc;
    else f = (b ^ c ^ d) + 0xca62_c1d6;
    const next = rotl<u32>(a, 5) + f + e + load<u32>(schedule + ((<usize>i) << 2));
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = next;
  }
  store<u32>(h, load<u32>(h) + a);
  store<u32>(h, load<u32>(h, 4) + b, 4);
  store<u32>(h, load<u32>(h, 8) + c, 8);
  store<u32>(h, load<u32>(h, 12) + d, 12);
  store<u32>(h, load<u32>(h, 16) + e, 16);
}
