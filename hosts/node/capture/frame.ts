/** A captured frame. Owns no data: it is a view into the reader's buffer. */

/** One frame of a capture. Reused by the reader: copy what must outlive the step of the iteration that gave it. */
export interface CapturedFrame {
  /** Link type as the capture names it, see `LinkType` of the ABI; unknown values are passed on. */
  linkType: number;
  /** Seconds since the epoch. */
  seconds: number;
  /** Nanoseconds within the second. */
  nanoseconds: number;
  /** Bytes on the wire; `data` is shorter when the capture cut the frame. */
  originalLength: number;
  /** The captured bytes, a view that is valid until the next frame is asked for. */
  data: Uint8Array;
}

/** The largest frame accepted, libpcap's MAXIMUM_SNAPLEN; a longer one means a corrupt length field. */
export const MAX_FRAME_BYTES = 262_144;
