/** Text of Windows tools: UTF-16 with or without byte order mark, UTF-8, or an OEM code page whose ASCII part is all we read. */
export function decodeWindowsText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes.subarray(2));
  // ASCII text in UTF-16 has a zero in every second byte.
  if (bytes.length > 3 && bytes[1] === 0 && bytes[3] === 0) return new TextDecoder("utf-16le").decode(bytes);
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return Buffer.from(bytes.subarray(start)).toString("latin1");
}
