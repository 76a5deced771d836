/** HTTP buffers, sticky and as content modifiers. Suricata manual, "HTTP Keywords". */
import { Buffer as B, Field } from "../../assembly/abi/buffers.ts";
import { AppProto } from "../../assembly/abi/codes.ts";
import { CompareMode, Op } from "../../assembly/abi/conditions.ts";
import { Http2Progress, HttpProgress } from "../../assembly/abi/progress.ts";
import { RuleFlag } from "../../assembly/abi/rules.ts";
import { RuleError } from "../rule/problem.ts";
import { type BufferDefinition, bothWays, buffer, C, http, S } from "../signature/buffers.ts";
import { FILE_DATA } from "./files.ts";
import { parseComparison } from "./integer.ts";
import { family, type Keyword } from "./keyword.ts";
import { contentModifier, number, sticky } from "./sticky.ts";

const both = (progress: number) => [...http(S, progress), ...http(C, progress)];
const streaming = { streaming: true };

export const HTTP_URI = buffer("http.uri", B.http__uri, http(S, HttpProgress.Line));
export const HTTP_RAW_URI = buffer("http.uri.raw", B.http__uri__raw, http(S, HttpProgress.Line));
export const HTTP_METHOD = buffer("http.method", B.http__method, http(S, HttpProgress.Line), { rank: 4 });
export const HTTP_HOST = buffer("http.host", B.http__host, http(S, HttpProgress.Headers), { lowerCase: true });
export const HTTP_RAW_HOST = buffer("http.host.raw", B.http__host__raw, http(S, HttpProgress.Headers));
export const HTTP_HEADER = buffer("http.header", B.http__header, both(HttpProgress.Headers));
export const HTTP_RAW_HEADER = buffer("http.header.raw", B.http__header__raw, both(HttpProgress.Headers + 1));
export const HTTP_USER_AGENT = buffer("http.user_agent", B.http__user_agent, http(S, HttpProgress.Headers));
export const HTTP_COOKIE = buffer("http.cookie", B.http__cookie, both(HttpProgress.Headers));
export const HTTP_REQUEST_BODY = buffer(
  "http.request_body",
  B.http__request_body,
  http(S, HttpProgress.Body),
  streaming,
);
export const HTTP_STAT_CODE = buffer("http.stat_code", B.http__stat_code, http(C, HttpProgress.Line), { rank: 4 });
export const HTTP_STAT_MSG = buffer("http.stat_msg", B.http__stat_msg, http(C, HttpProgress.Line), { rank: 3 });
/** Definition, what it holds, sticky names besides its own, content modifier. */
const ROWS: readonly (readonly [BufferDefinition, string, readonly string[], string?])[] = [
  [HTTP_URI, "The normalized URI of the request.", [], "http_uri"],
  [HTTP_RAW_URI, "The URI of the request as it was sent.", [], "http_raw_uri"],
  [HTTP_METHOD, "The method of the request.", [], "http_method"],
  [HTTP_HOST, "The host name of the request, in lower case and without its port.", [], "http_host"],
  [HTTP_RAW_HOST, "The host name of the request as it was sent.", [], "http_raw_host"],
  [HTTP_HEADER, "All headers, normalized, one a line.", [], "http_header"],
  [HTTP_RAW_HEADER, "All headers as they were sent.", [], "http_raw_header"],
  [HTTP_USER_AGENT, "The User-Agent header.", [], "http_user_agent"],
  [HTTP_COOKIE, "The Cookie header of the request or the Set-Cookie header of the response.", [], "http_cookie"],
  [HTTP_REQUEST_BODY, "The body of the request.", [], "http_client_body"],
  [HTTP_STAT_CODE, "The status code of the response.", [], "http_stat_code"],
  [HTTP_STAT_MSG, "The status text of the response.", [], "http_stat_msg"],
  [
    buffer("http.header_names", B.http__header_names, both(HttpProgress.Headers)),
    "The names of all headers, each between line ends.",
    ["http_header_names"],
  ],
  [buffer("http.accept", B.http__accept, http(S, HttpProgress.Headers)), "The Accept header.", ["http_accept"]],
  [
    buffer("http.accept_enc", B.http__accept_enc, http(S, HttpProgress.Headers)),
    "The Accept-Encoding header.",
    ["http_accept_enc"],
  ],
  [
    buffer("http.accept_lang", B.http__accept_lang, http(S, HttpProgress.Headers)),
    "The Accept-Language header.",
    ["http_accept_lang"],
  ],
  [
    buffer("http.connection", B.http__connection, both(HttpProgress.Headers)),
    "The Connection header.",
    ["http_connection"],
  ],
  [
    buffer("http.content_type", B.http__content_type, both(HttpProgress.Headers)),
    "The Content-Type header.",
    ["http_content_type"],
  ],
  [
    buffer("http.content_len", B.http__content_len, both(HttpProgress.Headers)),
    "The Content-Length header.",
    ["http_content_len"],
  ],
  [buffer("http.referer", B.http__referer, http(S, HttpProgress.Headers)), "The Referer header.", ["http_referer"]],
  [buffer("http.location", B.http__location, http(C, HttpProgress.Headers)), "The Location header.", []],
  [buffer("http.server", B.http__server, http(C, HttpProgress.Headers)), "The Server header.", []],
  [
    buffer("http.protocol", B.http__protocol, both(HttpProgress.Line)),
    "The protocol version, as `HTTP/1.1`.",
    ["http_protocol"],
  ],
  [
    buffer("http.start", B.http__start, both(HttpProgress.Headers)),
    "The first line and all headers, up to the empty line.",
    ["http_start"],
  ],
  [
    buffer("http.request_line", B.http__request_line, http(S, HttpProgress.Line)),
    "The first line of the request.",
    ["http_request_line"],
  ],
  [
    buffer("http.response_line", B.http__response_line, http(C, HttpProgress.Line)),
    "The first line of the response.",
    ["http_response_line"],
  ],
  [
    buffer("http.request_header", B.http__request_header, http(S, HttpProgress.Headers, Http2Progress.Open), {
      multi: true,
    }),
    "Each header of the request as `name: value`, one at a time.",
    [],
  ],
  [
    buffer("http.response_header", B.http__response_header, http(C, HttpProgress.Headers, Http2Progress.Open), {
      multi: true,
    }),
    "Each header of the response as `name: value`, one at a time.",
    [],
  ],
];

const HTTP2 = [
  { app: AppProto.Http2, direction: S, progress: 0 },
  { app: AppProto.Http2, direction: C, progress: 0 },
];

/** RFC 9113 section 6.5.2. */
const SETTINGS: Readonly<Record<string, bigint>> = {
  SETTINGS_HEADER_TABLE_SIZE: 1n,
  SETTINGS_ENABLE_PUSH: 2n,
  SETTINGS_MAX_CONCURRENT_STREAMS: 3n,
  SETTINGS_INITIAL_WINDOW_SIZE: 4n,
  SETTINGS_MAX_FRAME_SIZE: 5n,
  SETTINGS_MAX_HEADER_LIST_SIZE: 6n,
};
const SETTINGS_LIST = buffer("http2.settings", 0, HTTP2, { kind: "generic" });

/** The core gives `parameter << 32 | value` for each parameter, so a comparison of the value is one of a range. */
function settingCondition(parameter: bigint, comparison: string) {
  const base = parameter << 32n;
  let [low, high] = [0n, 0xffff_ffffn];
  if (comparison !== "") {
    const { mode, a, b } = parseComparison(comparison, 32);
    if (mode === CompareMode.Equal) [low, high] = [a, a];
    else if (mode === CompareMode.Less) high = a - 1n;
    else if (mode === CompareMode.LessOrEqual) high = a;
    else if (mode === CompareMode.Greater) low = a + 1n;
    else if (mode === CompareMode.GreaterOrEqual) low = a;
    else if (mode === CompareMode.Range) [low, high] = [a + 1n, b - 1n];
    else throw new RuleError(`"${comparison}" is not one of N, <N, <=N, >N, >=N, A-B`);
  }
  const condition = { op: Op.TxCompare, field: Field.http2__settings, mode: CompareMode.Inclusive } as const;
  return { ...condition, a: base + low, b: base + high };
}

const FRAME_TYPES = {
  data: 0,
  headers: 1,
  priority: 2,
  rst_stream: 3,
  settings: 4,
  push_promise: 5,
  ping: 6,
  goaway: 7,
  window_update: 8,
  continuation: 9,
};

const ERROR_CODES = {
  no_error: 0,
  protocol_error: 1,
  internal_error: 2,
  flow_control_error: 3,
  settings_timeout: 4,
  stream_closed: 5,
  frame_size_error: 6,
  refused_stream: 7,
  cancel: 8,
  compression_error: 9,
  connect_error: 10,
  enhance_your_calm: 11,
  inadequate_security: 12,
  http_1_1_required: 13,
  http11_required: 13,
};

export const HTTP_KEYWORDS: Keyword[] = [
  ...family(
    "HTTP",
    ROWS.flatMap(([definition, docs, aliases, modifier]) => [
      sticky(definition, docs, AppProto.Http, aliases),
      ...(modifier === undefined ? [] : [contentModifier(modifier, definition, AppProto.Http)]),
    ]),
  ),
  ...family("HTTP", [
    {
      name: "http.response_body",
      value: "none",
      docs: "The body of the response, decompressed: the same as file.data.",
      apply: (signature) => {
        signature.setApp(AppProto.Http);
        signature.activate(FILE_DATA, signature.has(RuleFlag.BothDirections) ? C : undefined);
      },
    },
    contentModifier("http_server_body", FILE_DATA, AppProto.Http),
    {
      name: "urilen",
      value: "required",
      docs: "Bytes of the URI: a number, `<N`, `>N` or `A<>B`, then `,raw` or `,norm`; norm unless given.",
      apply: (signature, { text }) => {
        const found = /^\s*(?:(\d+)\s*<>\s*(\d+)|([<>]?)\s*(\d+))\s*(?:,\s*(raw|norm))?\s*$/.exec(text);
        if (found === null) throw new RuleError(`"${text}" is not a length`, { advice: "write N, <N, >N or A<>B" });
        const [, low, high, operator, length, form] = found;
        const numbers = [low, high, length].filter((part) => part !== undefined).map(Number);
        if (numbers.some((value) => value > 65535)) throw new RuleError("the length is above 65535");
        if (low !== undefined && Number(low) + 1 >= Number(high)) throw new RuleError(`the range "${text}" is empty`);
        const mode =
          low !== undefined
            ? CompareMode.Range
            : operator === "<"
              ? CompareMode.Less
              : operator === ">"
                ? CompareMode.Greater
                : CompareMode.Equal;
        signature.setApp(AppProto.Http);
        signature.addTo(form === "raw" ? HTTP_RAW_URI : HTTP_URI, {
          op: Op.Urilen,
          field: 0,
          mode,
          a: BigInt(low ?? length ?? 0),
          b: BigInt(high ?? 0),
        });
      },
    },
  ]),
  ...family("HTTP/2", [
    sticky(
      buffer("http2.header_name", B.http2__header_name, bothWays(AppProto.Http2, Http2Progress.Open), { multi: true }),
      "The name of each HTTP/2 header.",
      AppProto.Http2,
    ),
    number("http2.frametype", Field.http2__frametype, HTTP2, "Type of a frame.", AppProto.Http2, {
      bits: 8,
      names: FRAME_TYPES,
      list: true,
    }),
    number("http2.errorcode", Field.http2__errorcode, HTTP2, "Error code of GOAWAY or RST_STREAM.", AppProto.Http2, {
      bits: 32,
      names: ERROR_CODES,
      list: true,
    }),
    number("http2.priority", Field.http2__priority, HTTP2, "Weight of a stream.", AppProto.Http2, {
      bits: 8,
      list: true,
    }),
    number("http2.window", Field.http2__window, HTTP2, "Increment of WINDOW_UPDATE.", AppProto.Http2, {
      bits: 32,
      list: true,
    }),
    {
      name: "http2.settings",
      value: "required",
      docs: "A parameter of SETTINGS, then optionally a comparison: `SETTINGS_HEADER_TABLE_SIZE>1000`.",
      apply: (signature, { text }) => {
        const found = /^\s*([a-z_]+)\s*(.*?)\s*$/i.exec(text);
        const name = found?.[1]?.toUpperCase() ?? "";
        if (found === null || !Object.hasOwn(SETTINGS, name)) throw new RuleError(`"${text}" names no parameter`);
        signature.setApp(AppProto.Http2);
        signature.addGeneric(SETTINGS_LIST, settingCondition(SETTINGS[name]!, found[2]!));
      },
    },
    number("http2.size_update", Field.http2__size_update, HTTP2, "Size update of the header table.", AppProto.Http2, {
      bits: 64,
      list: true,
    }),
  ]),
];
