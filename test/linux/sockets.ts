/**
 * `serve`: an HTTP server on port 8081 that answers an upload with its SHA-256, and echoes WebSocket messages (RFC 6455).
 * `echo ADDRESS COUNT`: the client of that echo; it sends messages of many sizes and checks every answer.
 */
import { createHash, randomBytes } from "node:crypto";
import { createServer, get } from "node:http";
import type { Socket } from "node:net";

const PORT = 8081;
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** One frame; the client's are masked. */
function frame(data: Buffer, masked: boolean): Buffer {
  const head = Buffer.alloc(10);
  head[0] = 0x82;
  let length = 2;
  if (data.length < 126) head[1] = data.length;
  else if (data.length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(data.length, 2);
    length = 4;
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(data.length), 2);
    length = 10;
  }
  if (!masked) return Buffer.concat([head.subarray(0, length), data]);
  head[1]! |= 0x80;
  const mask = randomBytes(4);
  return Buffer.concat([head.subarray(0, length), mask, data.map((byte, index) => byte ^ mask[index & 3]!)]);
}

/** Calls `message` with every whole message. */
function readFrames(socket: Socket, message: (data: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      if (rest.length < 10 && rest.length < 2) return;
      const masked = (rest[1]! & 0x80) !== 0;
      let length = rest[1]! & 0x7f;
      let at = 2;
      if (length === 126) {
        if (rest.length < 4) return;
        length = rest.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (rest.length < 10) return;
        length = Number(rest.readBigUInt64BE(2));
        at = 10;
      }
      const mask = masked ? rest.subarray(at, at + 4) : undefined;
      if (mask) at += 4;
      if (rest.length < at + length) return;
      const data = rest.subarray(at, at + length);
      message(mask ? Buffer.from(data.map((byte, index) => byte ^ mask[index & 3]!)) : Buffer.from(data));
      rest = rest.subarray(at + length);
    }
  });
}

function serve(): void {
  const server = createServer((request, response) => {
    const hash = createHash("sha256");
    request.on("data", (bytes) => hash.update(bytes));
    request.on("end", () => response.end(hash.digest("hex")));
  });
  server.on("upgrade", (request, socket: Socket) => {
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on("error", () => undefined);
    readFrames(socket, (data) => socket.write(frame(data, false)));
  });
  server.listen(PORT, "::");
}

function echo(host: string, count: number): void {
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
  };
  get({ host, port: PORT, path: "/echo", headers }).on("upgrade", (_response, socket: Socket) => {
    let done = 0;
    let sent: Buffer;
    const next = (): void => {
      if (done === count) {
        console.log(`${done} messages`);
        process.exit(0);
      }
      sent = randomBytes(1 + ((done * 977) % 70_000));
      socket.write(frame(sent, true));
    };
    readFrames(socket, (data) => {
      if (!data.equals(sent)) {
        console.log(`message ${done} differs`);
        process.exit(1);
      }
      done++;
      next();
    });
    next();
  });
}

const [command, address, count] = process.argv.slice(2);
if (command === "serve") serve();
else echo(address!, Number(count));
