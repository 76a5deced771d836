/** A web server of rule archives for tests: what it serves, and how it misbehaves, by path. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export const CERTIFICATE = new URL("fixtures/localhost.cert.pem", import.meta.url).pathname;
const KEY = new URL("fixtures/localhost.key.pem", import.meta.url).pathname;

export interface RuleServer {
  url: string;
  /** Content, or what to do, by path. */
  files: Map<string, Buffer | string | Handler>;
  /** Paths asked for, with the status of the answer. */
  log: string[];
  close(): Promise<void>;
}

export async function serve(secure = false): Promise<RuleServer> {
  const files: RuleServer["files"] = new Map();
  const log: string[] = [];
  const handler: Handler = (request, response) => {
    const path = request.url ?? "/";
    response.on("finish", () => log.push(`${path} ${response.statusCode}`));
    const found = files.get(path);
    if (typeof found === "function") found(request, response);
    else if (found === undefined) response.writeHead(404).end("not here");
    else {
      const etag = `"${Buffer.byteLength(found)}-${Buffer.from(found).subarray(-8).toString("hex")}"`;
      if (request.headers["if-none-match"] === etag) response.writeHead(304).end();
      else response.writeHead(200, { etag }).end(found);
    }
  };
  const server: Server = secure
    ? createSecureServer({ key: readFileSync(KEY), cert: readFileSync(CERTIFICATE) }, handler)
    : createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${secure ? "https" : "http"}://127.0.0.1:${port}`,
    files,
    log,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
