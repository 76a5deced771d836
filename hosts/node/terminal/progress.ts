/** A progress bar for long work, on a terminal only: output that goes to a file or another program stays clean. */
import type { SingleBar } from "cli-progress";

/** Work shorter than this shows no bar. */
const PATIENCE_MILLISECONDS = 700;

/** Shows how far work has come. */
export class Progress {
  private readonly total: number;
  private readonly label: string;
  private readonly started = Date.now();
  private bar: SingleBar | undefined;
  private wanted: boolean;
  private done = 0;

  /** @param label what is done, `inspecting` @param total in whatever unit `advance` counts */
  constructor(label: string, total: number, stream: NodeJS.WriteStream = process.stderr) {
    this.label = label;
    this.total = total;
    this.wanted = stream.isTTY === true;
  }

  /** Counts work done. Loads the bar only when the work turns out to be long. */
  async advance(amount: number): Promise<void> {
    this.done += amount;
    if (!this.wanted) return;
    if (!this.bar) {
      if (Date.now() - this.started < PATIENCE_MILLISECONDS) return;
      const { default: progress } = await import("cli-progress");
      this.bar = new progress.SingleBar(
        { format: `${this.label} {bar} {percentage}% | {eta_formatted}`, hideCursor: true, clearOnComplete: true },
        progress.Presets.shades_grey,
      );
      this.bar.start(this.total, this.done);
    }
    this.bar.update(Math.min(this.done, this.total));
  }

  stop(): void {
    this.bar?.stop();
    this.wanted = false;
  }
}
