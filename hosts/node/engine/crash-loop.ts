/** Tells a part that stopped once from one that stops again and again: so many stops within so many seconds are a crash loop. */

/** When stops become a crash loop. */
export interface CrashLoop {
  /** So many stops ... */
  crashes: number;
  /** ... within so many seconds. */
  seconds: number;
}

export class CrashLoopDetector {
  /** Stops since the beginning. */
  count = 0;
  private readonly limit: CrashLoop;
  private recent: number[] = [];

  constructor(limit: CrashLoop) {
    this.limit = limit;
  }

  /** Milliseconds of the time in which stops are counted. */
  get window(): number {
    return this.limit.seconds * 1000;
  }

  /** Notes a stop. @param now milliseconds @returns stops within the time, this one included, and whether they are a loop */
  stopped(now: number): { recent: number; loop: boolean } {
    this.count++;
    this.recent = [...this.within(now), now];
    return { recent: this.recent.length, loop: this.isLoop(now) };
  }

  isLoop(now: number): boolean {
    return this.within(now).length >= this.limit.crashes;
  }

  /** A new beginning: stops so far no longer count. */
  forget(): void {
    this.recent = [];
  }

  private within(now: number): number[] {
    return this.recent.filter((stop) => now - stop < this.window);
  }
}
