/** The head of an element in basic encoding (X.690 section 8.1): tag and length. */

/** Length of the content the last `derHeader` found. */
export let derLength: u32 = 0;

/** Bytes of the head when the element carries `tag` and a definite length, 0 otherwise. */
export function derHeader(data: usize, length: u32, tag: u32): u32 {
  derLength = 0;
  if (length < 2 || <u32>load<u8>(data) != tag) return 0;
  const first = <u32>load<u8>(data, 1);
  if (first < 0x80) {
    derLength = first;
    return 2;
  }
  const n = first & 0x7f;
  if (n == 0 || n > 4 || length < 2 + n) return 0;
  for (let i: u32 = 0; i < n; i++) derLength = (derLength << 8) | load<u8>(data + 2 + i);
  return 2 + n;
}
