/** Where an `eve-log` output of a running agent goes: a file, syslog, a Unix socket. Names as in suricata.yaml, where they exist. */
import { FACILITIES, LEVELS, LOCAL_SYSLOG } from "../../output/syslog.ts";
import { BOOLEAN_SCHEMA, isTrue, type JsonSchema } from "../field.ts";
import { parseSize, SIZE_PATTERN } from "../size.ts";

export interface EveDestination {
  filetype: "regular" | "syslog" | "unix_stream" | "unix_dgram";
  /** Path, or name within `default-log-dir`; of syslog: the socket, /dev/log unless given. */
  filename: string;
  append: boolean;
  filemode: number;
  /** Bytes, seconds and a count; 0: never. */
  rotateSize: number;
  rotateInterval: number;
  rotateKeep: number;
  /** Characters that may wait for a slow destination. */
  bufferSize: number;
  syslog: {
    identity: string;
    facility: string;
    level: string;
    format: "rfc3164" | "rfc5424";
    /** `host:port` of a server to reach over UDP; left out: the socket `filename`. */
    server?: string;
  };
  /** Event types to write; left out: all that the first output has. */
  types?: ReadonlySet<string>;
}

const FILETYPES = ["regular", "file", "syslog", "unix_stream", "unix_dgram"] as const;
const INTERVAL = /^(?:(\d+)\s*([smhdw]?)|(minute|hour|day))$/i;
const SECONDS: Readonly<Record<string, number>> = { s: 1, "": 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const SYSLOG_FORMATS = ["rfc3164", "rfc5424"] as const;

const size: JsonSchema = {
  type: ["integer", "string"],
  minimum: 0,
  pattern: SIZE_PATTERN,
  title: "a size such as 64mb",
};
const words = (list: readonly string[]): JsonSchema => ({
  enum: [...list, ...list.map((word) => word[0]!.toUpperCase() + word.slice(1))],
  title: `one of ${list.join(", ")}`,
});

/** Schemas of the settings of an `eve-log` output that say where it goes. */
export const DESTINATION_SCHEMA: Readonly<Record<string, JsonSchema>> = {
  filetype: { enum: FILETYPES, title: `one of ${FILETYPES.join(", ")}` },
  filename: { type: "string", title: "a file name" },
  append: { ...BOOLEAN_SCHEMA, title: "yes or no" },
  filemode: { type: ["integer", "string"], pattern: "^[0-7]{3,4}$", title: "permissions such as 640" },
  "rotate-interval": { type: ["integer", "string"], pattern: INTERVAL.source, title: "an interval such as 1h or day" },
  "rotate-size": size,
  "rotate-keep": { type: "integer", minimum: 0, maximum: 1000, title: "a whole number" },
  "buffer-size": size,
  identity: { type: "string", title: "text" },
  facility: words(FACILITIES),
  level: words(LEVELS),
  format: words(SYSLOG_FORMATS),
  server: { type: "string", pattern: "^(\\[[0-9a-fA-F:]+\\]|[^:]+):[0-9]+$", title: "host:port" },
};

type Raw = Readonly<Record<string, unknown>>;

/** What holds where an output says nothing. */
export const STOCK_DESTINATION: EveDestination = {
  filetype: "regular",
  filename: "eve.json",
  append: true,
  filemode: 0o640,
  rotateSize: 256 << 20,
  rotateInterval: 0,
  rotateKeep: 8,
  bufferSize: 8 << 20,
  syslog: { identity: "vpatch", facility: "local5", level: "info", format: "rfc3164" },
};

/** The destination of an `eve-log` output that the schema has accepted. */
export function parseDestination(raw: Raw, types: ReadonlySet<string> | undefined): EveDestination {
  const stock = STOCK_DESTINATION;
  const text = (key: string, otherwise: string): string => (raw[key] === undefined ? otherwise : `${raw[key]}`);
  const bytes = (key: string, otherwise: number): number => parseSize(raw[key]) ?? otherwise;
  const filetype = text("filetype", stock.filetype).replace(/^file$/, "regular") as EveDestination["filetype"];
  const server = raw.server as string | undefined;
  return {
    filetype,
    filename: text("filename", filetype === "syslog" ? LOCAL_SYSLOG : stock.filename),
    append: raw.append === undefined ? stock.append : isTrue(raw.append),
    filemode: Number.parseInt(text("filemode", stock.filemode.toString(8)), 8),
    rotateSize: bytes("rotate-size", stock.rotateSize),
    rotateInterval: seconds(text("rotate-interval", "0")),
    rotateKeep: (raw["rotate-keep"] as number | undefined) ?? stock.rotateKeep,
    bufferSize: bytes("buffer-size", stock.bufferSize),
    syslog: {
      identity: text("identity", stock.syslog.identity),
      facility: text("facility", stock.syslog.facility).toLowerCase(),
      level: text("level", stock.syslog.level).toLowerCase(),
      format: text("format", server === undefined ? "rfc3164" : "rfc5424") as "rfc3164" | "rfc5424",
      ...(server === undefined ? {} : { server }),
    },
    ...(types === undefined ? {} : { types }),
  };
}

function seconds(text: string): number {
  const [, count, unit = "", name] = INTERVAL.exec(text.trim()) ?? [];
  if (name !== undefined) return SECONDS[name[0]!.toLowerCase()] ?? 0;
  return Number(count ?? 0) * (SECONDS[unit.toLowerCase()] ?? 1);
}
