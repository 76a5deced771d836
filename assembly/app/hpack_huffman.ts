/**
 * The Huffman code of HPACK (RFC 7541 appendix B). The code is canonical, so its lengths tell it all: they are read as a table once.
 * Reading is as tolerant as Suricata's: it ends at the first bits that are no whole symbol.
 */

const SYMBOLS: u32 = 257;
const LONGEST: u32 = 30;

/** Bits of each symbol's code, 0 to 255 and the end of string. */
const lengths: usize = memory.data<u8>([
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
]);
/** By length: the first code, the number of codes and where their symbols begin in `symbols`. */
const firsts: usize = memory.data(31 * 4, 4);
const counts: usize = memory.data(31 * 4, 4);
const starts: usize = memory.data(31 * 4, 4);
const symbols: usize = memory.data(257 * 2, 2);
let built: bool = false;

function build(): void {
  built = true;
  let code: u32 = 0;
  let at: u32 = 0;
  for (let n: u32 = 1; n <= LONGEST; n++) {
    code <<= 1;
    const slot = (<usize>n) << 2;
    store<u32>(firsts + slot, code);
    store<u32>(starts + slot, at);
    for (let s: u32 = 0; s < SYMBOLS; s++) {
      if (load<u8>(lengths + s) != n) continue;
      store<u16>(symbols + ((<usize>at) << 1), <u16>s);
      at++;
      code++;
    }
    store<u32>(counts + slot, at - load<u32>(starts + slot));
  }
}

/** Most bytes that `length` coded bytes stand for. */
export function huffmanRoom(length: u32): u32 {
  return (length << 3) / 5 + 1;
}

/** Decodes into `out`, which has `huffmanRoom(length)` bytes. Returns the bytes written. */
export function huffmanText(data: usize, length: u32, out: usize): u32 {
  if (!built) build();
  let n: u32 = 0;
  let code: u32 = 0;
  let bits: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(data + i);
    for (let b: u32 = 0; b < 8; b++) {
      code = (code << 1) | ((byte >> (7 - b)) & 1);
      bits++;
      if (bits > LONGEST) return n;
      const slot = (<usize>bits) << 2;
      const index = code - load<u32>(firsts + slot);
      if (index >= load<u32>(counts + slot)) continue;
      const symbol = <u32>load<u16>(symbols + ((<usize>(load<u32>(starts + slot) + index)) << 1));
      if (symbol > 255) return n;
      store<u8>(out + n++, <u8>symbol);
      code = 0;
      bits = 0;
    }
  }
  return n;
}
