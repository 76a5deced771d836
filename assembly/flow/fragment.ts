/** A fragment that waits: this head and behind it, in one piece of the heap, its headers (first fragments only) and its data. */

@unmanaged
export class Fragment {
  /** Next in order of offset; of equal offsets the one that came first goes first. */
  next: usize;
  /** Position of the data in the datagram. */
  offset: u32;
  /** Bytes of data. */
  length: u32;
  /** Leading bytes of the data that another fragment replaces. */
  skip: u32;
  /** Bytes of link layer, and of the IP headers without the fragment header. */
  lead: u32;
  headers: u32;
  /** More fragments follow. */
  more: bool;
  /** Replaced as a whole. */
  dropped: bool;

  /** First of the `lead + headers` header bytes. */
  get head(): usize {
    return changetype<usize>(this) + offsetof<Fragment>();
  }

  get data(): usize {
    return this.head + this.lead + this.headers;
  }
}
