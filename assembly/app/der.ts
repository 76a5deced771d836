/** DER elements (ITU-T X.690) one after another, bounds checked. */

/** Of the element read last. */
export let elementTag: u32 = 0;
/** Address and length of its content. */
export let contentAt: usize = 0;
export let contentLength: u32 = 0;

/** Why the last element could not be read. */
export enum ElementFault {
  None = 0,
  /** Its header is cut. */
  Length = 1,
  /** Its content goes beyond what holds it. */
  Content = 2,
  /** Its length is of a form that is none in DER. */
  Form = 3,
}

export let elementFault: ElementFault = ElementFault.None;

/** Reads the element at `at` that must end by `end`. The address behind it, 0 when it does not fit. */
export function readElement(at: usize, end: usize): usize {
  elementFault = ElementFault.Length;
  if (at + 2 > end) return 0;
  elementTag = load<u8>(at);
  let length = <u32>load<u8>(at, 1);
  let body = at + 2;
  if (length >= 0x80) {
    const n = length & 0x7f;
    if (n == 0 || n > 4) {
      elementFault = ElementFault.Form;
      return 0;
    }
    if (body + n > end) return 0;
    length = 0;
    for (let i: u32 = 0; i < n; i++) length = (length << 8) | load<u8>(body + i);
    body += n;
  }
  elementFault = ElementFault.Content;
  if (<u64>body + length > <u64>end) return 0;
  elementFault = ElementFault.None;
  contentAt = body;
  contentLength = length;
  return body + length;
}
