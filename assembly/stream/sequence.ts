/** Sequence number arithmetic (RFC 9293, 3.4): numbers wrap at 2^32, so order is the sign of the difference. */

/** a > b */
export function after(a: u32, b: u32): bool {
  return <i32>(a - b) > 0;
}

/** a >= b */
export function atOrAfter(a: u32, b: u32): bool {
  return <i32>(a - b) >= 0;
}

/** a < b */
export function before(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}

/** a <= b */
export function atOrBefore(a: u32, b: u32): bool {
  return <i32>(a - b) <= 0;
}
