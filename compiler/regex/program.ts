/** Writes a regex program: the layout is in `assembly/abi/regex.ts`. */
import {
  REGEX_ANY,
  REGEX_MAGIC,
  REGEX_SET_SIZE,
  REGEX_UNBOUNDED,
  RegexAssert,
  RegexField,
  RegexFlag,
  RegexHeader,
  RegexOp,
} from "../../assembly/abi/regex.ts";
import { ANYTHING, contains, firstOf, type Node, widthOf } from "./ast.ts";
import type { Code, Literal } from "./codegen.ts";
import type { RequiredLiteral } from "./literals.ts";

export function writeProgram(
  root: Node,
  captures: number,
  code: Code,
  required: RequiredLiteral | undefined,
): Uint8Array {
  const first = firstOf(root, ANYTHING);
  const minLength = Math.min(widthOf(root).min, REGEX_UNBOUNDED);
  const useFirst = minLength > 0 && !first.end && !first.set.isFull;
  const firstSet = useFirst ? code.sets.name(first.set) : REGEX_ANY;
  const sets = code.sets.list;
  const literals = new LiteralArea(
    RegexHeader.Size + code.instructions.length * RegexField.Size + sets.length * REGEX_SET_SIZE,
  );
  const offsets = code.strings.map((literal) => literals.add(literal));
  const requiredOffset = required ? literals.add(required) : 0;

  const length = (literals.end + 7) & ~7;
  const program = new Uint8Array(length);
  const view = new DataView(program.buffer);
  const header = (field: RegexHeader, value: number) => view.setUint32(field, value, true);
  header(RegexHeader.Magic, REGEX_MAGIC);
  header(RegexHeader.Length, length);
  header(RegexHeader.Flags, flagsOf(root, code));
  header(RegexHeader.Captures, captures);
  header(RegexHeader.Registers, code.registers);
  header(RegexHeader.Instructions, code.instructions.length);
  header(RegexHeader.Sets, sets.length);
  header(RegexHeader.LiteralBytes, literals.bytes.length);
  header(RegexHeader.MinLength, minLength);
  header(RegexHeader.FirstSet, firstSet);
  header(RegexHeader.MemoRows, code.rows);
  header(RegexHeader.RequiredOffset, requiredOffset);
  header(RegexHeader.RequiredLength, required?.bytes.length ?? 0);
  header(RegexHeader.RequiredMaxOffset, Math.min(required?.maxOffset ?? REGEX_UNBOUNDED, REGEX_UNBOUNDED));
  header(RegexHeader.RequiredMinOffset, required?.minOffset ?? 0);
  header(RegexHeader.States, code.states);

  let at: number = RegexHeader.Size;
  for (const instruction of code.instructions) {
    view.setUint8(at + RegexField.Op, instruction.op);
    view.setUint8(at + RegexField.Mode, instruction.mode);
    view.setUint16(at + RegexField.Set, instruction.set, true);
    view.setUint16(at + RegexField.X, instruction.x, true);
    view.setUint16(at + RegexField.Y, instruction.y, true);
    const value = instruction.op === RegexOp.String ? offsets[instruction.value]! : instruction.value;
    view.setUint32(at + RegexField.Value, value, true);
    view.setUint16(at + RegexField.Follow, instruction.follow, true);
    view.setUint16(at + RegexField.Row, instruction.row, true);
    at += RegexField.Size;
  }
  for (const set of sets) {
    set.words.forEach((word, i) => {
      view.setUint32(at + 4 * i, word, true);
    });
    at += REGEX_SET_SIZE;
  }
  program.set(literals.bytes, at);
  return program;
}

/** Literal bytes and their masks, each distinct run stored once. */
class LiteralArea {
  readonly bytes: number[] = [];
  private readonly known = new Map<string, number>();
  private readonly base: number;

  constructor(base: number) {
    this.base = base;
  }

  get end(): number {
    return this.base + this.bytes.length;
  }

  add({ bytes, masks }: Literal): number {
    const key = `${bytes},${masks}`;
    let offset = this.known.get(key);
    if (offset === undefined) {
      offset = this.end;
      this.known.set(key, offset);
      this.bytes.push(...bytes, ...masks);
    }
    return offset;
  }
}

function flagsOf(root: Node, code: Code): number {
  const usesGroups = contains(
    root,
    (node) => node.type === "reference" || (node.type === "conditional" && "group" in node.condition),
  );
  const irregular = !code.regular || code.instructions.some(({ op }) => op > RegexOp.Assert || op === RegexOp.Close);
  const kinds = beginsWith(root);
  return (
    (usesGroups ? 0 : RegexFlag.Memoizable) |
    (irregular ? 0 : RegexFlag.Regular) |
    (kinds.has(RegexAssert.SearchStart) ? RegexFlag.AnchoredStart : 0) |
    (kinds.has(RegexAssert.SubjectStart) ? RegexFlag.AnchoredSubject : 0) |
    (kinds.has(RegexAssert.LineStart) ? RegexFlag.AnchoredLine : 0)
  );
}

/** Assertions that hold at the start of every match. */
function beginsWith(node: Node): Set<RegexAssert> {
  switch (node.type) {
    case "assert":
      return new Set([node.kind]);
    case "capture":
    case "atomic":
      return beginsWith(node.node);
    case "repeat":
      return node.min > 0 ? beginsWith(node.node) : new Set();
    case "alternation": {
      const [head, ...rest] = node.nodes.map(beginsWith);
      return new Set([...head!].filter((kind) => rest.every((kinds) => kinds.has(kind))));
    }
    case "sequence": {
      const found = new Set<RegexAssert>();
      for (const part of node.nodes) {
        for (const kind of beginsWith(part)) found.add(kind);
        if (part.type !== "look" && part.type !== "assert" && part.type !== "keep") break;
      }
      return found;
    }
    default:
      return new Set();
  }
}
