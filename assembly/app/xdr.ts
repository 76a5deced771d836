/**
 * XDR (RFC 4506) read from front to back: fields of four bytes, strings with their length before and filled up to four.
 * Contract: nothing outside the bytes given to `xdrBegin` is read; what does not fit sets `xdrShort`, and from then on all fields are 0.
 */

let at: usize = 0;
let end: usize = 0;
/** A field did not fit. */
export let xdrShort: bool = false;
/** Where the string read last lies. */
export let xdrData: usize = 0;
export let xdrLength: u32 = 0;

export function xdrBegin(data: usize, length: u32): void {
  at = data;
  end = data + length;
  xdrShort = false;
}

/** Address of the next field. */
export function xdrAt(): usize {
  return at;
}

export function xdrLeft(): u32 {
  return <u32>(end - at);
}

export function xdrSkip(bytes: u32): void {
  if (bytes > xdrLeft()) {
    xdrShort = true;
    at = end;
  } else at += bytes;
}

export function xdr32(): u32 {
  if (xdrLeft() < 4) {
    xdrShort = true;
    at = end;
    return 0;
  }
  const value = bswap<u32>(load<u32>(at));
  at += 4;
  return value;
}

export function xdr64(): u64 {
  const high = <u64>xdr32();
  return (high << 32) | <u64>xdr32();
}

function padded(length: u32): u32 {
  return length + ((4 - (length & 3)) & 3);
}

/** A string or opaque: leaves `xdrData` and `xdrLength`. False when it does not fit. */
export function xdrString(): bool {
  const length = xdr32();
  return xdrOpaque(length);
}

/** Opaque bytes of a known length. The last string of a message may lack its filling. */
export function xdrOpaque(length: u32): bool {
  xdrData = at;
  xdrLength = 0;
  if (xdrShort || length > xdrLeft()) {
    xdrShort = true;
    at = end;
    return false;
  }
  xdrLength = length;
  at += min<usize>(padded(length), end - at);
  return true;
}
