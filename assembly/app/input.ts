/**
 * What a protocol's parser is given and answers. The stream hands over the bytes of one direction that were not consumed yet, in one
 * piece; what the parser leaves is handed over again with more behind it.
 */

export enum InputFlag {
  /** First data of this direction. */
  Start = 1,
  /** No more data of this direction will come; `length` may be 0. */
  Eof = 2,
  /** `length` bytes are missing here; `data` is 0. The parser skips them or gives up. */
  Gap = 4,
  /** The stream was picked up in its middle. */
  Midstream = 8,
  /** reassembly.depth reached: the last data of this direction. */
  Depth = 16,
}

/** A parser's answer below 0: the data is not of this protocol any more; the flow's application layer ends (app-layer error policy). */
export const PARSE_ERROR: i32 = -1;
