/** The agent's control socket. Who may use it is decided for each connection by what the kernel says of the peer. */
import { chmodSync, chownSync, mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { fileError, VpatchError } from "../errors.ts";
import type { Follower } from "../output/eve-outputs.ts";
import { type Answer, type Failure, isFailure, LONGEST_REQUEST, type Request, requestParser } from "./protocol.ts";

/** The peer of a connection. */
export interface Peer {
  pid: number;
  uid: number;
  groups: readonly number[];
}

export interface ControlOptions {
  path: string;
  /** Members may use the socket, besides root and the agent's own user. */
  group?: number;
  /** The operating system's word on who is at the other end. */
  peer: (socket: Socket) => Peer;
  /** Answers a request. What it throws is the answer's error. */
  answer: (request: Request, peer: Peer) => Promise<unknown>;
  /** Begins to send EVE lines; the result ends it. */
  follow: (follower: Follower) => () => void;
  /** Told of refused peers and broken requests. */
  onProblem?: (message: string) => void;
}

/** Connections at once. */
const MOST_CLIENTS = 32;
/** Bytes that may wait for a follower. */
const WAITING = 4 << 20;

export class ControlServer {
  readonly #options: ControlOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #parse: ((line: string) => Request | Failure) | undefined;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MOST_CLIENTS;
  }

  /** Listens. @throws VpatchError when another agent does already, or the path cannot be used */
  async listen(): Promise<void> {
    const { path, group } = this.#options;
    this.#parse = await requestParser();
    if (await answers(path)) {
      throw new VpatchError("VPATCH_CONTROL", "another agent listens on the control socket", {
        location: { file: path },
        remedy: "stop it (vpatch stop), or set unix-command.filename",
      });
    }
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      rmSync(path, { force: true });
      // Nobody may connect before the permissions are set.
      const before = process.umask(0o177);
      try {
        await new Promise<void>((resolve, reject) => {
          this.#server.once("error", reject);
          this.#server.listen(path, resolve);
        });
      } finally {
        process.umask(before);
      }
      if (group !== undefined) {
        chownSync(path, -1, group);
        chmodSync(path, 0o660);
      }
    } catch (cause) {
      throw fileError(cause, path);
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.end(() => socket.destroy());
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, 100);
    await closed;
    clearTimeout(timer);
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const peer = this.#admitted(socket);
    if (!peer) return;
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (data: string) => {
      text += data;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        if (line.trim().length > 0) void this.#request(socket, peer, line);
      }
      if (text.length <= LONGEST_REQUEST) return;
      send(socket, { ok: false, error: { code: "VPATCH_CONTROL", message: "the request is too long" } });
      socket.end();
      text = "";
    });
  }

  #admitted(socket: Socket): Peer | undefined {
    const { group, onProblem } = this.#options;
    let peer: Peer;
    try {
      peer = this.#options.peer(socket);
    } catch (error) {
      onProblem?.(`control: a peer without credentials: ${(error as Error).message}`);
      socket.destroy();
      return undefined;
    }
    if (peer.uid === 0 || peer.uid === process.geteuid?.()) return peer;
    if (group !== undefined && peer.groups.includes(group)) return peer;
    onProblem?.(`control: refused user ${peer.uid} (process ${peer.pid})`);
    const message = `user ${peer.uid} may not control the agent`;
    const remedy = "use root, or a member of the group in vpatch.control.group";
    send(socket, { ok: false, error: { code: "VPATCH_CONTROL", message, remedy } });
    socket.end();
    return undefined;
  }

  async #request(socket: Socket, peer: Peer, line: string): Promise<void> {
    const request = this.#parse!(line);
    if (isFailure(request)) {
      send(socket, { ok: false, error: request });
      return;
    }
    const id = request.id === undefined ? {} : { id: request.id };
    try {
      const result = request.command === "events" ? {} : await this.#options.answer(request, peer);
      send(socket, { ...id, ok: true, result: result ?? {} });
      if (request.command === "events") this.#follow(socket, request.types);
    } catch (error) {
      const { code, message, remedy } = error as VpatchError;
      const known = error instanceof VpatchError;
      const failure = { code: known ? code : "VPATCH_ENGINE", message, ...(known && remedy ? { remedy } : {}) };
      send(socket, { ...id, ok: false, error: failure });
    }
  }

  #follow(socket: Socket, types: readonly string[] | undefined): void {
    const follower: Follower = {
      ...(types ? { types: new Set(types) } : {}),
      dropped: 0,
      write(text) {
        if (socket.writableLength > WAITING) return false;
        socket.write(text);
        return true;
      },
    };
    socket.on("close", this.#options.follow(follower));
  }
}

function send(socket: Socket, answer: Answer): void {
  if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
}

/** Whether somebody accepts connections there. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
