/** What a codec step ends with. Every codec stops at one of these and can be called again, byte by byte if need be. */
export const enum CodecStatus {
  /** All input is used; more input continues the stream. */
  NeedInput = 0,
  /** The output buffer is full; call again with room and the unused input. */
  NeedOutput = 1,
  /** The stream has ended; what follows is not part of it. */
  End = 2,
  /** The stream is malformed; what was produced before is valid output, nothing follows. */
  Error = 3,
}
