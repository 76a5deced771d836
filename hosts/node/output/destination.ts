/** A place that EVE lines go to while an agent runs. None of them ever makes the caller wait. */

export interface Destination {
  /** For status and metrics: `file /var/log/vpatch/eve.json`. */
  readonly name: string;
  /** Lines handed over, those that were given up, and why the last failed. */
  readonly counts: DestinationCounts;
  /** Takes whole lines, each with its end. @param count of lines */
  write(text: string, count: number): void;
  /** Opens the destination anew: a file that another program has moved away. */
  reopen(): void;
  /** Hands over what waits, for at most `patience` milliseconds. */
  close(patience: number): Promise<void>;
}

export interface DestinationCounts {
  lines: number;
  dropped: number;
  problem?: string | undefined;
}

/** The lines of a text, without their ends. */
export function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start);
    if (end < 0) {
      yield text.slice(start);
      return;
    }
    yield text.slice(start, end);
    start = end + 1;
  }
}
