/** The header of a rule: action, protocol, addresses, ports and direction, up to the opening parenthesis. */
import type { ActionAst, Direction, ListNode, ProtocolAst } from "./ast.ts";
import { parseList } from "./expression.ts";
import { type LogicalLine, locate } from "./lines.ts";
import { RuleError } from "./problem.ts";

export interface HeaderAst {
  readonly action: ActionAst;
  readonly protocol: ProtocolAst;
  readonly source: ListNode;
  readonly sourcePort: ListNode;
  readonly direction: Direction;
  readonly destination: ListNode;
  readonly destinationPort: ListNode;
  /** Offset in the text of what follows the header. */
  readonly end: number;
}

const FIELDS = ["action", "protocol", "source address", "source port", "direction", "address", "port"] as const;

/** Reads the seven header fields. @throws RuleError */
export function parseHeader(logical: LogicalLine): HeaderAst {
  const fields: { text: string; line: number; column: number }[] = [];
  let at = 0;
  for (const name of FIELDS) {
    const token = nextToken(logical.text, at);
    if (token.text === "") {
      const given = fields.length === 0 ? "nothing" : `${fields.length} of 7 fields`;
      throw new RuleError(`incomplete rule header: ${given} before the options, ${name} is missing`, {
        ...locate(logical, token.start),
        advice: `write "action protocol source port -> destination port (options)"`,
      });
    }
    fields.push({ text: token.text, ...locate(logical, token.start) });
    at = token.start + token.text.length;
  }
  const [action, protocol, source, sourcePort, direction, destination, destinationPort] = fields as [
    Field,
    Field,
    Field,
    Field,
    Field,
    Field,
    Field,
  ];
  return {
    action: parseAction(action),
    protocol: parseProtocol(protocol),
    source: parseField(source, "address"),
    sourcePort: parseField(sourcePort, "port"),
    direction: parseDirection(direction),
    destination: parseField(destination, "address"),
    destinationPort: parseField(destinationPort, "port"),
    end: at,
  };
}

interface Field {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** A token ends at a blank outside brackets, or at the parenthesis that opens the options. */
function nextToken(text: string, from: number): { text: string; start: number } {
  let start = from;
  while (isBlank(text.charCodeAt(start))) start += 1;
  let depth = 0;
  let end = start;
  for (; end < text.length; end += 1) {
    const c = text[end]!;
    if (c === "[") depth += 1;
    else if (c === "]") depth -= 1;
    else if (c === "(") break;
    else if (depth <= 0 && isBlank(text.charCodeAt(end))) break;
  }
  return { text: text.slice(start, end), start };
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function parseField(field: Field, what: string): ListNode {
  try {
    return parseList(field.text, what, field.column);
  } catch (error) {
    if (!(error instanceof RuleError) || error.line !== undefined) throw error;
    throw new RuleError(error.message, {
      line: field.line,
      column: field.column,
      ...(error.advice === undefined ? {} : { advice: error.advice }),
    });
  }
}

function parseAction(field: Field): ActionAst {
  const [head, ...more] = field.text.toLowerCase().split(",");
  const [name, scope] = splitOnce(head!, ":");
  return {
    name,
    ...(scope === undefined ? {} : { scope }),
    ...(more.length === 0 ? {} : { also: more.join(",") }),
    line: field.line,
    column: field.column,
  };
}

function parseProtocol(field: Field): ProtocolAst {
  const [name, hook] = splitOnce(field.text.toLowerCase(), ":");
  if (hook === "") {
    throw new RuleError(`no hook after "${name}:"`, { line: field.line, column: field.column });
  }
  return { name, ...(hook === undefined ? {} : { hook }), line: field.line, column: field.column };
}

function parseDirection(field: Field): Direction {
  if (field.text === "->" || field.text === "<>" || field.text === "=>") return field.text;
  const advice = field.text === "<-" ? `swap the two sides and write "->"` : `write "->", "<>" or "=>"`;
  throw new RuleError(`"${field.text}" is not a direction`, { line: field.line, column: field.column, advice });
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
