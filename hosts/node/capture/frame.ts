/** A captured frame and the link types captures name. Owns no data: a frame is a view into the reader's buffer. */

/** Values of the link type field of pcap and pcapng (https://www.tcpdump.org/linktypes.html). */
export enum LinkType {
  Null = 0,
  Ethernet = 1,
  Ppp = 9,
  RawOpenBsd = 12,
  RawLibpcap = 14,
  Raw = 101,
  Ieee80211 = 105,
  Loop = 108,
  LinuxSll = 113,
  Ieee80211Radiotap = 127,
  Ipv4 = 228,
  Ipv6 = 229,
  LinuxSll2 = 276,
}

/** One frame of a capture. Reused by the reader: copy what must outlive the step of the iteration that gave it. */
export interface CapturedFrame {
  /** Link type as the capture names it, see {@link LinkType}; unknown values are passed on. */
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
