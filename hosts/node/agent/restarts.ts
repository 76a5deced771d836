/** When a part that died is started again: at once, then ever later; many deaths within a minute are a crash loop. */

/** Deaths within `WINDOW` that make a crash loop. */
const LOOP = 5;
const WINDOW = 60_000;
const LONGEST = 10_000;
const FIRST = 50;

export class Restarts {
  /** Restarts since the beginning. */
  count = 0;
  #recent: number[] = [];

  /** Notes a death. @param now milliseconds @returns milliseconds to wait before the restart */
  died(now: number): number {
    this.count++;
    this.#recent = this.#recent.filter((each) => each > now - WINDOW);
    this.#recent.push(now);
    return this.#recent.length === 1 ? 0 : Math.min(FIRST * 2 ** (this.#recent.length - 2), LONGEST);
  }

  /** Whether it died so often lately that something must be wrong with it. */
  isLoop(now: number): boolean {
    return this.#recent.filter((each) => each > now - WINDOW).length >= LOOP;
  }
}
