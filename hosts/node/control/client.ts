/** The other end of the control socket: what `vpatch status` and its like use. */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { VpatchError } from "../errors.ts";
import type { Answer, Request } from "./protocol.ts";

/** Milliseconds after which an agent that does not answer is given up; a reload compiles rules meanwhile. */
const PATIENCE = 120_000;

/** Asks an agent. @throws VpatchError when there is none, or it says no */
export async function ask<T>(path: string, request: Request): Promise<T> {
  const socket = await open(path);
  try {
    return (await exchange(socket, request)).value as T;
  } finally {
    socket.destroy();
  }
}

/** Follows the events of an agent, line by line, until it ends. */
export async function* follow(path: string, types?: readonly string[]): AsyncGenerator<string> {
  const socket = await open(path);
  try {
    const { lines } = await exchange(socket, { command: "events", ...(types ? { types: [...types] } : {}) });
    for await (const line of { [Symbol.asyncIterator]: () => lines }) yield line;
  } finally {
    socket.destroy();
  }
}

async function open(path: string): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const denied = error.code === "EACCES" || error.code === "EPERM";
      reject(
        new VpatchError("VPATCH_CONTROL", denied ? "permission denied" : "no agent answers", {
          location: { file: path },
          remedy: denied
            ? "use root, or a member of the group in vpatch.control.group"
            : "start one (vpatch run), or name its socket with --socket",
        }),
      );
    });
  });
}

async function exchange(socket: Socket, request: Request): Promise<{ value: unknown; lines: AsyncIterator<string> }> {
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  socket.on("error", () => {});
  socket.setTimeout(PATIENCE, () => socket.destroy());
  socket.write(`${JSON.stringify(request)}\n`);
  const { value, done } = await lines.next();
  if (done) throw new VpatchError("VPATCH_CONTROL", "the agent closed the connection without an answer");
  socket.setTimeout(0);
  const answer = JSON.parse(value) as Answer;
  if (answer.ok) return { value: answer.result, lines };
  const { code, message, remedy } = answer.error;
  throw new VpatchError(code as VpatchError["code"], message, remedy === undefined ? {} : { remedy });
}
