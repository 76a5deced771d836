/** What a sticky buffer is to the compiler: where its bytes (or numbers) exist and what may be done with them. */
import { AppProto, Direction } from "../../assembly/abi/codes.ts";
import type { Transform } from "../../assembly/abi/lists.ts";
import { Http2Progress } from "../../assembly/abi/progress.ts";

export const S = Direction.ToServer;
export const C = Direction.ToClient;

/** One place a buffer exists in: a protocol, a direction, and how far the transaction must have come. */
export interface Engine {
  readonly app: AppProto;
  readonly direction: Direction;
  readonly progress: number;
}

export interface BufferDefinition {
  /** The keyword, for messages and for telling uses apart. */
  readonly name: string;
  /** `Buffer` of abi/buffers.ts; 0 for lists of numbers and events. */
  readonly id: number;
  readonly kind: "transaction" | "packet" | "frame" | "generic" | "hook";
  readonly engines: readonly Engine[];
  /** Each use is a list of its own, matched against every instance (names of a DNS message ...). */
  readonly multi: boolean;
  /** The buffer grows with every packet: bodies and files. */
  readonly streaming: boolean;
  /** Inspects files of the transaction. */
  readonly file: boolean;
  /** The core makes it lower case: contents must be, and `nocase` is refused as redundant. */
  readonly lowerCase: boolean;
  /** Suricata's rank as fast pattern buffer: a lower number is better. */
  readonly rank: number;
}

export interface TransformUse {
  readonly op: Transform;
  readonly argument: Uint8Array;
}

/** A buffer definition with the usual answers filled in. */
export function buffer(
  name: string,
  id: number,
  engines: readonly Engine[],
  details: Partial<BufferDefinition> = {},
): BufferDefinition {
  const usual = {
    kind: "transaction",
    multi: false,
    streaming: false,
    file: false,
    lowerCase: false,
    rank: 2,
  } as const;
  return { name, id, engines, ...usual, ...details };
}

/** The same progress in both directions of one protocol. */
export function bothWays(app: AppProto, progress = 0): Engine[] {
  return [
    { app, direction: S, progress },
    { app, direction: C, progress },
  ];
}

/** HTTP buffers exist for both versions of the protocol; on HTTP/2 they are inspected once the sender's headers or data are there. */
export function http(direction: Direction, progress: number, progress2 = http2Progress(direction)): Engine[] {
  return [
    { app: AppProto.Http1, direction, progress },
    { app: AppProto.Http2, direction, progress: progress2 },
  ];
}

/** Progress of an HTTP/2 stream from which on a side's data is there. */
export function http2Progress(direction: Direction): number {
  return direction === S ? Http2Progress.DataClient : Http2Progress.DataServer;
}
