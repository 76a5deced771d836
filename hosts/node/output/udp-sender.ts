/** Datagrams over UDP, for a syslog server. What the system has not yet sent is bounded. */
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { DatagramSender } from "./datagrams.ts";

const LONGEST = 65_000;
const WAITING = 4 << 20;

export class UdpSender implements DatagramSender {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #port: number;
  #failed = false;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
    this.#socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    this.#socket.on("error", () => {
      this.#failed = true;
    });
    this.#socket.unref();
  }

  send(data: Uint8Array): "sent" | "busy" | "absent" | "large" {
    if (data.length > LONGEST) return "large";
    if (this.#socket.getSendQueueSize() > WAITING) return "busy";
    const failed = this.#failed;
    this.#failed = false;
    if (failed) return "absent";
    this.#socket.send(data, this.#port, this.#host, (error) => {
      if (error) this.#failed = true;
    });
    return "sent";
  }

  close(): void {
    this.#socket.close();
  }
}
