/** Metrics and health over HTTP: `/metrics`, `/healthz` (the agent lives), `/readyz` (the machine is protected, or watched). */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { VpatchError } from "../errors.ts";
import type { AgentStatus } from "./status.ts";

const FINE = new Set(["protected", "watching"]);

export class HealthServer {
  readonly #server: Server;
  readonly #status: () => AgentStatus;
  readonly #counters: () => BigUint64Array | undefined;
  #metrics: { text(): Promise<string>; contentType: string } | undefined;

  constructor(status: () => AgentStatus, counters: () => BigUint64Array | undefined) {
    this.#status = status;
    this.#counters = counters;
    this.#server = createServer({ keepAliveTimeout: 5000, requestTimeout: 5000 }, (request, response) => {
      const path = (request.url ?? "").split("?")[0];
      void this.#answer(request.method ?? "", path ?? "", response).catch(() => respond(response, 500, "error\n"));
    });
    this.#server.maxConnections = 64;
  }

  /** The port listened on. @throws VpatchError when it is taken */
  async listen(address: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause: NodeJS.ErrnoException) => {
        const message = `vpatch.metrics: cannot listen on ${address}:${port} (${cause.code})`;
        reject(new VpatchError("VPATCH_AGENT", message, { remedy: "set another vpatch.metrics.port", cause }));
      });
      this.#server.listen(port, address, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(method: string, path: string, response: ServerResponse): Promise<void> {
    if (method !== "GET" && method !== "HEAD") return respond(response, 405, "only GET\n");
    if (path === "/metrics") {
      const { AgentMetrics } = await import("./metrics.ts");
      this.#metrics ??= new AgentMetrics(this.#status, this.#counters);
      return respond(response, 200, await this.#metrics.text(), this.#metrics.contentType);
    }
    const { protection, reasons } = this.#status();
    const text = `${[protection, ...reasons].join("\n")}\n`;
    if (path === "/healthz") return respond(response, protection === "stopping" ? 503 : 200, text);
    if (path === "/readyz") return respond(response, FINE.has(protection) ? 200 : 503, text);
    respond(response, 404, "there are /metrics, /healthz and /readyz\n");
  }
}

function respond(response: ServerResponse, status: number, body: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}
