/** Every destination of an agent's EVE lines, and those who follow over the control socket. */
import { type Destination, type DestinationCounts, linesOf } from "./destination.ts";

export interface Follower {
  /** Event types wanted; left out: all. */
  types?: ReadonlySet<string>;
  /** False: the follower has no room; the lines are lost to it. */
  write(text: string): boolean;
  /** Lines lost so far. */
  dropped: number;
}

interface Route {
  destination: Destination;
  types: ReadonlySet<string> | undefined;
}

const EVENT_TYPE = /"event_type":"([^"]+)"/;

export class EveOutputs {
  #routes: Route[] = [];
  readonly #followers = new Set<Follower>();
  /** Lines that came, by event type. */
  readonly events = new Map<string, number>();

  add(destination: Destination, types?: ReadonlySet<string>): void {
    this.#routes.push({ destination, types });
  }

  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Takes whole lines, each with its end. */
  write(text: string): void {
    if (text.length === 0) return;
    const byType = this.#count(text);
    for (const { destination, types } of this.#routes) {
      const [chosen, count] = select(text, byType, types);
      if (count > 0) destination.write(chosen, count);
    }
    for (const follower of this.#followers) {
      const [chosen, count] = select(text, byType, follower.types);
      if (count > 0 && !follower.write(chosen)) follower.dropped += count;
    }
  }

  /** An event of the agent's own. @param time milliseconds since 1970 */
  event(type: string, body: object, time = Date.now()): void {
    const timestamp = new Date(time).toISOString().replace(/(\.\d{3})Z$/, "$1000+0000");
    this.write(`${JSON.stringify({ timestamp, event_type: type, [type]: body })}\n`);
  }

  get counts(): { name: string; counts: DestinationCounts }[] {
    return this.#routes.map(({ destination }) => ({ name: destination.name, counts: destination.counts }));
  }

  reopen(): void {
    for (const { destination } of this.#routes) destination.reopen();
  }

  async close(patience: number): Promise<void> {
    const routes = this.#routes;
    this.#routes = [];
    await Promise.all(routes.map(({ destination }) => destination.close(patience)));
  }

  /** Lines of each type, in this text. */
  #count(text: string): Map<string, string[]> {
    const byType = new Map<string, string[]>();
    for (const line of linesOf(text)) {
      const type = EVENT_TYPE.exec(line)?.[1] ?? "";
      const lines = byType.get(type);
      if (lines) lines.push(line);
      else byType.set(type, [line]);
    }
    for (const [type, { length }] of byType) this.events.set(type, (this.events.get(type) ?? 0) + length);
    return byType;
  }
}

/** The lines of some types, and how many. Without a selection the order of different types is kept, too. */
function select(
  text: string,
  byType: ReadonlyMap<string, string[]>,
  types: ReadonlySet<string> | undefined,
): [string, number] {
  let count = 0;
  const chosen: string[] = [];
  for (const [type, lines] of byType) {
    if (types && !types.has(type)) continue;
    count += lines.length;
    if (types) chosen.push(...lines);
  }
  return [types && count > 0 ? `${chosen.join("\n")}\n` : text, count];
}
