/**
 * What the agent tells the service manager (sd_notify(3)): that it is ready, reloads, stops, how it is, and, as the watchdog, that it lives.
 * Without one (`NOTIFY_SOCKET` is not set) nothing is sent.
 */
import type { DatagramSender } from "../output/datagrams.ts";

export interface ServiceManagerOptions {
  environment: Readonly<Record<string, string | undefined>>;
  sender: (path: string) => DatagramSender;
  /** Whether the watchdog is to be told that all is well. */
  healthy: () => boolean;
}

export class ServiceManager {
  readonly #sender: DatagramSender | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor({ environment, sender, healthy }: ServiceManagerOptions) {
    const { NOTIFY_SOCKET: path, WATCHDOG_USEC, WATCHDOG_PID } = environment;
    if (!path) return;
    this.#sender = sender(path);
    const period = Number(WATCHDOG_USEC ?? 0) / 1000;
    if (period <= 0 || (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== process.pid)) return;
    this.#timer = setInterval(() => {
      if (healthy()) this.#send("WATCHDOG=1");
    }, period / 3);
    this.#timer.unref();
  }

  ready(status: string): void {
    this.#send(`READY=1\nSTATUS=${status}\nMAINPID=${process.pid}`);
  }

  /** For `Type=notify-reload`; `ready` follows. */
  reloading(): void {
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  status(text: string): void {
    this.#send(`STATUS=${text.replaceAll("\n", " ")}`);
  }

  /** More time for a start or stop that takes long. */
  extend(milliseconds: number): void {
    this.#send(`EXTEND_TIMEOUT_USEC=${milliseconds * 1000}`);
  }

  stopping(): void {
    this.#send("STOPPING=1");
  }

  close(): void {
    clearInterval(this.#timer);
    this.#sender?.close();
  }

  #send(state: string): void {
    this.#sender?.send(Buffer.from(state));
  }
}
