/**
 * The control protocol: JSON, one object a line, over a Unix stream socket.
 *
 * A request `{"id": 1, "command": "status"}` is answered by `{"id": 1, "ok": true, "result": ...}` or
 * `{"id": 1, "ok": false, "error": {"code", "message", "remedy"?}}`. After the answer to `events`, the connection carries EVE lines only.
 */
import type { Mode } from "../engine/settings.ts";

export type Request =
  | { id?: number; command: "status" }
  | { id?: number; command: "mode"; mode: Mode }
  | { id?: number; command: "reload" }
  | { id?: number; command: "scan" }
  | { id?: number; command: "self-test" }
  | { id?: number; command: "events"; types?: string[] }
  | { id?: number; command: "stop" };

export interface Failure {
  code: string;
  message: string;
  remedy?: string;
}

export type Answer = { id?: number; ok: true; result: unknown } | { id?: number; ok: false; error: Failure };

/** Longest request, in bytes. */
export const LONGEST_REQUEST = 65_536;

const COMMANDS = ["status", "mode", "reload", "scan", "self-test", "events", "stop"];

const schema = {
  type: "object",
  required: ["command"],
  properties: { id: { type: "number" }, command: { enum: COMMANDS } },
  allOf: [
    {
      if: { properties: { command: { const: "mode" } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ["mode"], properties: { mode: { enum: ["detect", "prevent"] } } },
    },
    {
      if: { properties: { command: { const: "events" } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { types: { type: "array", items: { type: "string" }, maxItems: 100 } } },
    },
  ],
};

/** Reads requests. */
export async function requestParser(): Promise<(line: string) => Request | Failure> {
  const { Ajv } = await import("ajv");
  const valid = new Ajv({ strict: false }).compile(schema);
  return (line) => {
    let request: unknown;
    try {
      request = JSON.parse(line);
    } catch {
      return { code: "VPATCH_CONTROL", message: "the request is not JSON" };
    }
    if (valid(request)) return request as Request;
    const [error] = valid.errors ?? [];
    const command = (request as { command?: unknown } | null)?.command;
    if (error?.instancePath === "/command" || typeof command !== "string")
      return { code: "VPATCH_CONTROL", message: `no such command; there are ${COMMANDS.join(", ")}` };
    return { code: "VPATCH_CONTROL", message: `${command}: ${error?.instancePath.slice(1)} ${error?.message}`.trim() };
  };
}

export function isFailure(parsed: Request | Failure): parsed is Failure {
  return "code" in parsed;
}
