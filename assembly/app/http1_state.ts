/**
 * HTTP/1 records: the conversation (`HttpState`), one request with its response (`HttpTx`), and the codes between the parts of the parser.
 *
 *   http1.ts            entry: data, gaps and ends of both directions
 *   http1_request.ts    request states        http1_response.ts   response states
 *   http1_fields.ts     one header section    http1_headers.ts    the table of headers
 *   http1_uri.ts        request target        http1_host.ts       authority
 *   http1_coding.ts     content codings       http1_body.ts       what is kept of a body
 *   http1_upload.ts     files of requests and responses
 *   http1_buffers.ts    inspection buffers    http1_log.ts        the EVE record
 *
 * The behaviour is that of libhtp as Suricata 8 uses it: a tolerant reader of what servers and browsers accept, not a validator.
 */
import { HttpProgress } from "../abi/progress";
import { Text } from "./text";
import { AppState, Tx } from "./transaction";

/** What a step of a state machine ends with. */
export const enum Step {
  /** The state changed or progress was made: go on. */
  Ok = 0,
  /** All input is used. */
  Data = 1,
  /** The other direction must come first. */
  Other = 2,
  Error = 3,
}

/** Condition of one direction. */
export const enum Stream {
  Open = 0,
  Closed = 1,
  Error = 2,
  Tunnel = 3,
  DataOther = 4,
}

export const enum RequestState {
  Idle = 0,
  Line = 1,
  Protocol = 2,
  Headers = 3,
  ConnectCheck = 4,
  ConnectWait = 5,
  ConnectProbe = 6,
  BodyDetermine = 7,
  Identity = 8,
  ChunkLength = 9,
  ChunkData = 10,
  ChunkEnd = 11,
  Finalize = 12,
  AfterHttp09 = 13,
}

export const enum ResponseState {
  Idle = 0,
  Line = 1,
  Headers = 2,
  BodyDetermine = 3,
  /** Body of known length. */
  Identity = 4,
  /** Body until the stream closes. */
  UntilClose = 5,
  ChunkLength = 6,
  ChunkData = 7,
  ChunkEnd = 8,
  Finalize = 9,
}

/** Methods the parser treats apart; the others it knows are `Other`. */
export const enum Method {
  Unknown = 0,
  Head = 1,
  Get = 2,
  Put = 3,
  Post = 4,
  Connect = 5,
  Other = 6,
}

/** Protocol versions, ordered. */
export const enum Version {
  Unknown = 0,
  Invalid = 1,
  V09 = 2,
  V10 = 3,
  V11 = 4,
}

export const enum Coding {
  Unknown = 0,
  None = 1,
  Identity = 2,
  Chunked = 3,
  Invalid = 4,
}

/** Authorization schemes. */
export const enum Auth {
  None = 0,
  Known = 1,
  Unrecognized = 2,
}

/** Conditions noted once on a transaction. */
export const enum HttpFlag {
  Http09 = 1,
  Continue100 = 2,
  InvalidTransferEncoding = 4,
  InvalidContentLength = 8,
  HostMissing = 0x10,
  HostAmbiguous = 0x20,
  UriHostInvalid = 0x40,
  HeaderHostInvalid = 0x80,
  RequestTooManyHeaders = 0x100,
  ResponseTooManyHeaders = 0x200,
  RequestBodySeen = 0x400,
  Multipart = 0x800,
  Form = 0x1000,
  RequestFileOpen = 0x2000,
  ResponseFileOpen = 0x4000,
  Upgrade = 0x8000,
  HasUri = 0x1_0000,
  HasHost = 0x2_0000,
  RequestFieldInvalid = 0x4_0000,
  RequestFieldFolding = 0x8_0000,
  RequestFieldUnparseable = 0x10_0000,
  ResponseFieldInvalid = 0x20_0000,
  ResponseFieldFolding = 0x40_0000,
  ResponseFieldUnparseable = 0x80_0000,
  RequestTrailer = 0x100_0000,
  ResponseTrailer = 0x200_0000,
}

/** Lengths that are not known. */
export const NO_LENGTH: i64 = -1;

@unmanaged
export class HttpState extends AppState {
  requestState: RequestState = RequestState.Idle;
  requestStream: Stream = Stream.Open;
  responseState: ResponseState = ResponseState.Idle;
  responseStream: Stream = Stream.Open;
  /** Directions whose end was handled, a bit each. */
  ended: u32 = 0;
  /** Raw header bytes are being recorded. */
  requestRecords: bool = false;
  responseRecords: bool = false;
  /** The response parser yields to the request parser when this transaction ends (CONNECT refused). */
  responseYields: bool = false;
  /** Index of the transaction each direction is at, and its record once it exists. */
  requestIndex: u32 = 0;
  responseIndex: u32 = 0;
  requestTx: usize = 0;
  responseTx: usize = 0;
  /** Partial line, and partial header section, of each direction. */
  requestLineData: usize = 0;
  requestLineLength: u32 = 0;
  requestFieldsData: usize = 0;
  requestFieldsLength: u32 = 0;
  responseLineData: usize = 0;
  responseLineLength: u32 = 0;
  responseFieldsData: usize = 0;
  responseFieldsLength: u32 = 0;
  requestLength: i64 = 0;
  requestLeft: i64 = 0;
  requestChunk: i64 = 0;
  responseLeft: i64 = 0;
  responseChunk: i64 = 0;
  /** Complete responses. */
  responses: u32 = 0;
  /** Messages libhtp would have logged. */
  messages: u32 = 0;

  get requestPart(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpState>("requestLineData"));
  }
  get requestFields(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpState>("requestFieldsData"));
  }
  get responsePart(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpState>("responseLineData"));
  }
  get responseFields(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpState>("responseFieldsData"));
  }
}

/** Headers of one direction, in order of their first appearance (http1_headers.ts). */
@unmanaged
export class HeaderTable {
  first: usize = 0;
  last: usize = 0;
  count: u32 = 0;
  /** Repetitions beyond the second of any header, at most 64. */
  repetitions: u32 = 0;
  /** Chains of the headers by hash of their name, once there are many; 0 before. */
  chains: usize = 0;
}

@unmanaged
export class HttpTx extends Tx {
  noted: u32 = 0;
  method: Method = Method.Unknown;
  requestVersion: Version = Version.Unknown;
  responseVersion: Version = Version.Unknown;
  requestCoding: Coding = Coding.Unknown;
  responseCoding: Coding = Coding.Unknown;
  auth: Auth = Auth.None;
  /** The direction's own progress: unlike the one of `Tx` it may go back (100 Continue). */
  requestProgress: HttpProgress = HttpProgress.Started;
  responseProgress: HttpProgress = HttpProgress.Started;
  /** Content codings are being undone. */
  requestDecodes: bool = false;
  responseDecodes: bool = false;
  /** 0: none or invalid. */
  status: u16 = 0;
  /** Port of the authority, or -1. */
  port: i32 = 0;
  uriPort: i32 = 0;
  /** Content-Length of the request, or NO_LENGTH. */
  contentLength: i64 = 0;
  responseContentLength: i64 = 0;
  /** Body bytes on the wire and after decoding. */
  requestMessageLength: u64 = 0;
  requestEntityLength: u64 = 0;
  responseMessageLength: u64 = 0;
  responseEntityLength: u64 = 0;
  requestLineData: usize = 0;
  requestLineLength: u32 = 0;
  responseLineData: usize = 0;
  responseLineLength: u32 = 0;
  /** Parts of the lines above. */
  methodAt: u32 = 0;
  methodLength: u32 = 0;
  targetAt: u32 = 0;
  targetLength: u32 = 0;
  protocolAt: u32 = 0;
  protocolLength: u32 = 0;
  responseProtocolAt: u32 = 0;
  responseProtocolLength: u32 = 0;
  statusAt: u32 = 0;
  statusLength: u32 = 0;
  messageAt: u32 = 0;
  messageLength: u32 = 0;
  requestFirst: usize = 0;
  requestLast: usize = 0;
  requestCount: u32 = 0;
  requestRepetitions: u32 = 0;
  requestChains: usize = 0;
  responseFirst: usize = 0;
  responseLast: usize = 0;
  responseCount: u32 = 0;
  responseRepetitions: u32 = 0;
  responseChains: usize = 0;
  requestRawData: usize = 0;
  requestRawLength: u32 = 0;
  responseRawData: usize = 0;
  responseRawLength: u32 = 0;
  uriData: usize = 0;
  uriLength: u32 = 0;
  pathData: usize = 0;
  pathLength: u32 = 0;
  /** Host of the request target, as far as it names one, and of the request. */
  uriHostData: usize = 0;
  uriHostLength: u32 = 0;
  hostData: usize = 0;
  hostLength: u32 = 0;
  boundaryData: usize = 0;
  boundaryLength: u32 = 0;
  /** Body records (http1_body.ts) and decompressors (http1_coding.ts), 0 until needed. */
  requestBody: usize = 0;
  responseBody: usize = 0;
  requestDecoder: usize = 0;
  responseDecoder: usize = 0;

  get requestLine(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpTx>("requestLineData"));
  }
  get responseLine(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpTx>("responseLineData"));
  }
  get requestHeaders(): HeaderTable {
    return changetype<HeaderTable>(changetype<usize>(this) + offsetof<HttpTx>("requestFirst"));
  }
  get responseHeaders(): HeaderTable {
    return changetype<HeaderTable>(changetype<usize>(this) + offsetof<HttpTx>("responseFirst"));
  }
  get requestRaw(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpTx>("requestRawData"));
  }
  get responseRaw(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpTx>("responseRawData"));
  }
  get uri(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpTx>("uriData"));
  }
  get path(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpTx>("pathData"));
  }
  get uriHost(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpTx>("uriHostData"));
  }
  get host(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpTx>("hostData"));
  }
  get boundary(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<HttpTx>("boundaryData"));
  }

  /** Notes a condition. True the first time. */
  note(flag: HttpFlag): bool {
    if ((this.noted & flag) != 0) return false;
    this.noted |= flag;
    return true;
  }

  has(flag: HttpFlag): bool {
    return (this.noted & flag) != 0;
  }
}
