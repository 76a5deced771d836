/**
 * Every error the hosts raise on purpose, coded, in one style: where it happened, what is wrong, what to do.
 *
 * Codes are stable: scripts may match on them. A message never carries a stack trace; an error that is not a
 * {@link VpatchError} is a defect of ours, and the command says so.
 */

/** Exit status of the `vpatch` command. */
export enum ExitCode {
  /** Everything asked for was done. */
  Ok = 0,
  /** An input could not be read or used: nothing, or not everything, was done. */
  Failure = 1,
  /** The command line itself is wrong. */
  Usage = 2,
  /** A capture is damaged: the frames before the damage were inspected and their events written. */
  DamagedCapture = 3,
  /** `--strict-rules`: at least one rule was refused. */
  RuleRefused = 77,
}

/** Stable names of the error kinds. */
export type ErrorCode =
  | "VPATCH_FILE"
  | "VPATCH_USAGE"
  | "VPATCH_CAPTURE_FORMAT"
  | "VPATCH_CAPTURE_TRUNCATED"
  | "VPATCH_CAPTURE_CORRUPT"
  | "VPATCH_CONFIG"
  | "VPATCH_RULE_REFUSED"
  | "VPATCH_RULES"
  | "VPATCH_DATABASE"
  | "VPATCH_ENGINE"
  | "VPATCH_DRIVER"
  | "VPATCH_SCAN"
  | "VPATCH_CONTROL"
  | "VPATCH_AGENT";

/** Where an error lies. Lines and columns count from 1, offsets in bytes from 0. */
export interface ErrorLocation {
  file?: string;
  line?: number;
  column?: number;
  offset?: number;
}

/** An error with a code, a place and, where there is one, a remedy. */
export class VpatchError extends Error {
  readonly code: ErrorCode;
  readonly location: ErrorLocation;
  /** What the user can do about it. */
  readonly remedy: string | undefined;
  readonly exitCode: ExitCode;

  constructor(
    code: ErrorCode,
    message: string,
    options: { location?: ErrorLocation; remedy?: string; exitCode?: ExitCode; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "VpatchError";
    this.code = code;
    this.location = options.location ?? {};
    this.remedy = options.remedy;
    this.exitCode = options.exitCode ?? ExitCode.Failure;
  }
}

/** `file:line:column` or `file: byte N`, as far as known; empty when nothing is. */
export function formatLocation({ file, line, column, offset }: ErrorLocation): string {
  let text = file ?? "";
  if (line !== undefined) text += `${text ? ":" : "line "}${line}`;
  if (line !== undefined && column !== undefined) text += `:${column}`;
  if (offset !== undefined) text += `${text ? ": " : ""}byte ${offset}`;
  return text;
}

/** The lines a user sees for an error: `error[CODE] where: what`, then `  do: remedy`. */
export function formatError(error: unknown): string {
  if (error instanceof VpatchError) {
    const where = formatLocation(error.location);
    const head = `error[${error.code}] ${where ? `${where}: ` : ""}${error.message}`;
    return error.remedy ? `${head}\n  do: ${error.remedy}` : head;
  }
  const text = error instanceof Error ? error.message : String(error);
  return `error[VPATCH_ENGINE] internal error: ${text}\n  do: report this with the command line; VPATCH_DEBUG=1 prints the stack`;
}

const SYSTEM_ERRORS: Record<string, string> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EISDIR: "is a folder, a file is needed",
  ENOTDIR: "a part of the path is not a folder",
  ENOSPC: "no space left on the device",
  EMFILE: "too many open files",
  EROFS: "the file system is read-only",
};

/** Turns a file-system error of Node into ours; anything else is returned as it is. */
export function fileError(cause: unknown, file: string): unknown {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  if (cause instanceof VpatchError || typeof code !== "string" || !/^E[A-Z0-9]+$/.test(code)) return cause;
  return new VpatchError("VPATCH_FILE", SYSTEM_ERRORS[code] ?? `the system says ${code}`, {
    location: { file },
    cause,
  });
}
