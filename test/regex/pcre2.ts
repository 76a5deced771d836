/** The real PCRE2 as an oracle, when Python and libpcre2-8 are there. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Query {
  pattern: string;
  flags: string;
  subject: string;
  start?: number;
}

/** null: does not compile; false: no match; a number: matching error; else [start, end] of every group. */
export type Answer = null | false | number | [number, number][];

export class Pcre2 {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.child = child;
    this.lines = lines;
  }

  /** Starts the oracle, or gives undefined when this machine has none. */
  static async start(): Promise<Pcre2 | undefined> {
    const script = fileURLToPath(new URL("oracle.py", import.meta.url));
    const child = spawn("python3", [script], { stdio: ["pipe", "pipe", "ignore"] });
    const failed = new Promise<undefined>((resolve) => child.once("error", () => resolve(undefined)));
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next().then((line) => line.value as string | undefined), failed]);
    return first === "ready" ? new Pcre2(child, lines) : undefined;
  }

  /** Answers many queries, in order. */
  async ask(queries: Query[]): Promise<Answer[]> {
    const hex = (text: string) => Buffer.from(text, "latin1").toString("hex");
    for (const { pattern, flags, subject, start = 0 } of queries) {
      this.child.stdin!.write(`${JSON.stringify({ pattern: hex(pattern), flags, subject: hex(subject), start })}\n`);
    }
    const answers: Answer[] = [];
    for (const _ of queries) answers.push(JSON.parse((await this.lines.next()).value));
    return answers;
  }

  stop(): void {
    this.child.stdin!.end();
  }
}
