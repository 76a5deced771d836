/** Syslog envelopes: RFC 5424, and the older form of RFC 3164 as `syslog(3)` writes it to /dev/log. */

/** Where syslog listens on this machine. */
export const LOCAL_SYSLOG = "/dev/log";

/** RFC 5424, section 6.2.1. */
export const FACILITIES = [
  ...["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"],
  ...["ntp", "security", "console", "solaris-cron"],
  ...["local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"],
] as const;

export const LEVELS = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"] as const;

export interface SyslogOptions {
  format: "rfc3164" | "rfc5424";
  facility: string;
  level: string;
  /** Name of the program in the message. */
  identity: string;
  host: string;
  pid: number;
  /** `/dev/log` needs no host name. */
  local: boolean;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Makes the message of a line. */
export function syslogEnvelope(options: SyslogOptions, now: () => Date = () => new Date()): (line: string) => string {
  const { format, facility, level, identity, host, pid, local } = options;
  const numbers: readonly string[] = FACILITIES;
  const levels: readonly string[] = LEVELS;
  const priority = numbers.indexOf(facility.toLowerCase()) * 8 + levels.indexOf(level.toLowerCase());
  if (format === "rfc5424")
    return (line) => `<${priority}>1 ${now().toISOString()} ${host || "-"} ${identity} ${pid} eve - ${line}`;
  return (line) => `<${priority}>${bsdTime(now())} ${local ? "" : `${host} `}${identity}[${pid}]: ${line}`;
}

/** `Nov  3 04:05:06`, local time (RFC 3164, section 4.1.2). */
function bsdTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${MONTHS[date.getMonth()]} ${String(date.getDate()).padStart(2, " ")} ${time}`;
}
