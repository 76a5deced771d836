/** AES-128 (FIPS 197), encryption of single blocks: all that QUIC's header protection and GCM need. Nothing here is secret, so tables may be. */

const ROUNDS: u32 = 10;
/** Bytes of an expanded key. */
export const AES_KEY_SIZE: u32 = 176;

const sbox: usize = memory.data(256);
let filled: bool = false;

/** Multiplies by x in GF(2^8). */
function double(b: u32): u32 {
  return ((b << 1) ^ ((b >> 7) * 0x11b)) & 0xff;
}

/** The substitution box: the inverse in GF(2^8) by powers of 3 and its reciprocal, then the affine map (FIPS 197 section 5.1.1). */
function fill(): void {
  let p: u32 = 1;
  let q: u32 = 1;
  do {
    p = p ^ double(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q &= 0xff;
    if ((q & 0x80) != 0) q ^= 0x09;
    const x = q ^ rotate(q, 1) ^ rotate(q, 2) ^ rotate(q, 3) ^ rotate(q, 4);
    store<u8>(sbox + p, <u8>(x ^ 0x63));
  } while (p != 1);
  store<u8>(sbox, 0x63);
  filled = true;
}

function rotate(b: u32, n: u32): u32 {
  return ((b << n) | (b >> (8 - n))) & 0xff;
}

/** Expands the 16 bytes at `key` into AES_KEY_SIZE bytes at `out`. */
export function aesExpand(key: usize, out: usize): void {
  if (!filled) fill();
  memory.copy(out, key, 16);
  let constant: u32 = 1;
  for (let i: u32 = 16; i < AES_KEY_SIZE; i += 4) {
    let word = load<u32>(out + i - 4);
    if (i % 16 == 0) {
      word = rotr<u32>(word, 8);
      word = substitute(word) ^ constant;
      constant = double(constant);
    }
    store<u32>(out + i, load<u32>(out + i - 16) ^ word);
  }
}

function substitute(word: u32): u32 {
  return (
    <u32>load<u8>(sbox + (word & 0xff)) |
    ((<u32>load<u8>(sbox + ((word >> 8) & 0xff))) << 8) |
    ((<u32>load<u8>(sbox + ((word >> 16) & 0xff))) << 16) |
    ((<u32>load<u8>(sbox + (word >> 24))) << 24)
  );
}

const state: usize = memory.data(16, 8);
const shifted: usize = memory.data(16, 8);

/** Encrypts the 16 bytes at `block` into `out`, which may be the same. */
export function aesEncrypt(expanded: usize, block: usize, out: usize): void {
  for (let i: usize = 0; i < 16; i++) store<u8>(state + i, load<u8>(block + i) ^ load<u8>(expanded + i));
  for (let round: u32 = 1; round <= ROUNDS; round++) {
    // SubBytes and ShiftRows: row r of column c comes from column c + r.
    for (let i: usize = 0; i < 16; i++) store<u8>(shifted + i, load<u8>(sbox + load<u8>(state + ((i * 5) & 15))));
    const key = expanded + ((<usize>round) << 4);
    for (let c: usize = 0; c < 16; c += 4) {
      if (round < ROUNDS) mixColumn(shifted + c);
      store<u32>(state + c, load<u32>(shifted + c) ^ load<u32>(key + c));
    }
  }
  memory.copy(out, state, 16);
}

function mixColumn(at: usize): void {
  const a = <u32>load<u8>(at);
  const b = <u32>load<u8>(at, 1);
  const c = <u32>load<u8>(at, 2);
  const d = <u32>load<u8>(at, 3);
  const all = a ^ b ^ c ^ d;
  store<u8>(at, <u8>(a ^ all ^ double(a ^ b)));
  store<u8>(at, <u8>(b ^ all ^ double(b ^ c)), 1);
  store<u8>(at, <u8>(c ^ all ^ double(c ^ d)), 2);
  store<u8>(at, <u8>(d ^ all ^ double(d ^ a)), 3);
}
