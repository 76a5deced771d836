/** A child process that speaks JSON, a line a message. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export type Line = Record<string, unknown>;

interface Wait {
  wanted: (line: Line) => boolean;
  resolve: (line: Line) => void;
}

export class LineProcess {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  private readonly waits = new Set<Wait>();
  private errors = "";
  exited = false;

  constructor(child: ChildProcess) {
    this.child = child;
    createInterface({ input: child.stdout! }).on("line", (text) => {
      if (!text.startsWith("{")) return;
      const line = JSON.parse(text) as Line;
      this.lines.push(line);
      for (const wait of this.waits) {
        if (!wait.wanted(line)) continue;
        this.waits.delete(wait);
        wait.resolve(line);
      }
    });
    child.stderr?.on("data", (bytes: Buffer) => {
      this.errors += bytes.toString();
    });
    child.stdin?.on("error", () => undefined);
    child.once("exit", () => {
      this.exited = true;
    });
  }

  send(line: string | Line): void {
    this.child.stdin!.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
  }

  /** The next line that has `member`. @throws Error with what the process wrote to its error output */
  next(member: string, limit = 20_000): Promise<Line> {
    return this.wait((line) => member in line, member, limit);
  }

  wait(wanted: (line: Line) => boolean, what: string, limit = 20_000): Promise<Line> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waits.delete(wait);
        reject(
          new Error(`no "${what}" from the process; it said: ${this.errors}${JSON.stringify(this.lines.slice(-3))}`),
        );
      }, limit);
      const wait: Wait = {
        wanted,
        resolve: (line) => {
          clearTimeout(timer);
          resolve(line);
        },
      };
      this.waits.add(wait);
    });
  }

  exit(): Promise<void> {
    if (this.exited) return Promise.resolve();
    return new Promise((resolve) => this.child.once("exit", () => resolve()));
  }
}
