/** Many connections at once. Frames are small and made as they are asked for. */
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
/** 50,000 packets a second. */
const GAP_MICROSECONDS = 20;
/** Time between two packets of a connection that stands by itself: it has its answer after 20 ms. */
const STEP_MICROSECONDS = 2000;

/** Frames of the conversation before its close: the handshake, the request, the answer, and that each was received. */
const OPEN = 7;

/**
 * `total` connections of a handshake, a request, its answer and a close, `atOnce` of them open at a time. Checksums are those of the template:
 * the frames are for engines that are told not to check them. A frame's data is overwritten by the next.
 *
 * All of them take each step together: when the last has asked, none has its answer.
 */
export function* crowdFrames(total: number, atOnce: number): Generator<CapturedFrame> {
  const template = frames();
  let clock = 0;
  for (let first = 0; first < total; first += atOnce) {
    const count = Math.min(atOnce, total - first);
    for (const make of template) {
      for (let i = 0; i < count; i++) {
        clock += GAP_MICROSECONDS;
        yield make(first + i, clock);
      }
    }
  }
}

/**
 * `count` connections, each by its own clock: it begins `every` microseconds after the one before, asks, is answered, and closes; when it is to
 * be `idle`, not until the last one has begun.
 */
export function* lonelyFrames(count: number, every: number, idle: boolean): Generator<CapturedFrame> {
  const template = frames();
  const step = Math.ceil(STEP_MICROSECONDS / every);
  const delays = template.map((_, index) => (idle && index >= OPEN ? count : 0) + index * step);
  const end = count + delays.at(-1)!;
  for (let tick = 0; tick < end; tick++) {
    for (const [index, make] of template.entries()) {
      const number = tick - delays[index]!;
      if (number >= 0 && number < count) yield make(number, tick * every);
    }
  }
}

/** The frames of the conversation, each for any connection at any time in microseconds. */
function frames(): ((number: number, clock: number) => CapturedFrame)[] {
  const dialogue = conversationOf(
    { transport: "tcp", port: 80, messages: [says("client", REQUEST), says("server", RESPONSE)] },
    "10.0.0.1",
    1024,
    "198.18.0.1",
  );
  return conversationFrames(dialogue).map(({ data: bytes, from }) => {
    const data = Buffer.from(bytes);
    const fromClient = from === "client";
    return (number, clock) => {
      data.writeUInt32BE(0x0a00_0000 + (number >>> 5), fromClient ? SOURCE_ADDRESS : DESTINATION_ADDRESS);
      data.writeUInt16BE(1024 + (number & 31) * 1999, fromClient ? SOURCE_PORT : DESTINATION_PORT);
      return {
        linkType: LinkType.Ethernet,
        seconds: DEFAULT_START + Math.floor(clock / 1e6),
        nanoseconds: (clock % 1e6) * 1000,
        originalLength: data.length,
        data,
      };
    };
  });
}
