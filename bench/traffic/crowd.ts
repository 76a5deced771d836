/** Many connections at once: all begin, then all speak, then all are reset. Frames are small and made as they are asked for. */
import { LinkType } from "../../assembly/abi/codes.ts";
import { conversationFrames, DEFAULT_START } from "../../corpus/frames.ts";
import type { CapturedFrame } from "../../hosts/node/capture/frame.ts";
import { conversationOf, says } from "./dialogue.ts";

const REQUEST = "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: crowd\r\nAccept: */*\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

const SOURCE_ADDRESS = 14 + 12;
const DESTINATION_ADDRESS = 14 + 16;
const SOURCE_PORT = 14 + 20;
const DESTINATION_PORT = 14 + 22;
const GAP_MICROSECONDS = 2;

/**
 * `total` connections of a handshake, a request, its answer and a close, `atOnce` of them open at a time. Checksums are those of the template:
 * the frames are for engines that are told not to check them. A frame's data is overwritten by the next.
 */
export function* crowdFrames(total: number, atOnce: number): Generator<CapturedFrame> {
  const dialogue = {
    transport: "tcp",
    port: 80,
    messages: [says("client", REQUEST), says("server", RESPONSE)],
  } as const;
  const template = conversationFrames(
    conversationOf({ ...dialogue, messages: [...dialogue.messages] }, "10.0.0.1", 1024, "198.18.0.1"),
  );
  let clock = 0;
  for (let first = 0; first < total; first += atOnce) {
    const count = Math.min(atOnce, total - first);
    for (const frame of template) {
      const data = Buffer.from(frame.data);
      const fromClient = frame.from === "client";
      for (let i = 0; i < count; i++) {
        const number = first + i;
        data.writeUInt32BE(0x0a00_0000 + (number >>> 5), fromClient ? SOURCE_ADDRESS : DESTINATION_ADDRESS);
        data.writeUInt16BE(1024 + (number & 31) * 1999, fromClient ? SOURCE_PORT : DESTINATION_PORT);
        clock += GAP_MICROSECONDS;
        yield {
          linkType: LinkType.Ethernet,
          seconds: DEFAULT_START + Math.floor(clock / 1e6),
          nanoseconds: (clock % 1e6) * 1000,
          originalLength: data.length,
          data,
        };
      }
    }
  }
}
