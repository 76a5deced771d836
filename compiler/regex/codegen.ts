/** From the tree to instructions (`RegexOp`). One instruction list serves the backtracker and the simulated automata. */
import { REGEX_ANY, REGEX_NO_ROW, REGEX_UNBOUNDED, RegexMode, RegexOp } from "../../assembly/abi/regex.ts";
import { ANYTHING, contains, type First, firstOf, type LookNode, type Node, union, widthOf } from "./ast.ts";
import type { ByteSet } from "./byteset.ts";
import { RegexError } from "./error.ts";
import { literalByte, SetTable } from "./set-table.ts";

export interface Instruction {
  op: RegexOp;
  mode: number;
  set: number;
  x: number;
  y: number;
  /** Of a string: index into `Code.strings`. */
  value: number;
  follow: number;
  row: number;
}

/** A literal run: a subject byte or-ed with its mask equals the byte. Masks are 0, or 0x20 for a letter of either case. */
export interface Literal {
  bytes: number[];
  masks: number[];
}

export interface Code {
  instructions: Instruction[];
  sets: SetTable;
  strings: Literal[];
  registers: number;
  rows: number;
  states: number;
  /** False when a possessive repeat of one byte refuses what a greedy one would match. */
  regular: boolean;
}

const INSTRUCTION_LIMIT = 16384;
const STATE_LIMIT = 1_000_000;

export function generate(root: Node, captures: number): Code {
  const generator = new Generator(captures);
  generator.node(root, ANYTHING);
  generator.emit(RegexOp.Match);
  return generator.code();
}

class Generator {
  private readonly list: Instruction[] = [];
  private readonly sets = new SetTable();
  private readonly strings: Literal[] = [];
  private registers: number;
  private rows = 0;
  private regular = true;
  private states = 0;
  /** Depth of regions where a failed position must not be remembered: what fails there depends on how it was entered. */
  private unremembered = 0;

  constructor(captures: number) {
    this.registers = 2 * (captures + 1);
  }

  code(): Code {
    const { list, sets, strings, registers, rows, states, regular } = this;
    return { instructions: list, sets, strings, registers, rows, states, regular };
  }

  emit(op: RegexOp, fields: Partial<Instruction> = {}, states = 1): Instruction {
    if (this.list.length >= INSTRUCTION_LIMIT || this.states > STATE_LIMIT) {
      throw new RegexError("regular expression is too large", 0);
    }
    const instruction = { op, mode: 0, set: REGEX_ANY, x: 0, y: 0, value: 0, follow: REGEX_ANY, row: REGEX_NO_ROW };
    this.list.push(Object.assign(instruction, fields));
    this.states += states;
    return instruction;
  }

  /** Emits `node`; what comes after it begins with `follow`. */
  node(node: Node, follow: First): void {
    switch (node.type) {
      case "empty":
        return;
      case "fail":
        this.emit(RegexOp.Fail);
        return;
      case "set":
        this.one(node.set);
        return;
      case "sequence":
        this.sequence(node.nodes, follow);
        return;
      case "alternation":
        this.alternation(node.nodes, follow);
        return;
      case "capture":
        this.capture(node.index, node.node, follow);
        return;
      case "repeat":
        if (node.node.type === "set") this.repeatSet(node.node.set, node, follow);
        else if (node.mode === "possessive") this.atomic({ ...node, mode: "greedy" });
        else this.repeat(node, follow);
        return;
      case "assert":
        this.emit(RegexOp.Assert, { mode: node.kind });
        return;
      case "look":
        this.look(node);
        return;
      case "atomic":
        this.atomic(node.node);
        return;
      case "reference":
        this.emit(RegexOp.BackReference, { x: node.group, mode: node.fold ? 1 : 0 });
        return;
      case "conditional":
        this.conditional(node, follow);
        return;
      case "keep":
        this.emit(RegexOp.Save, { x: 0 });
        return;
    }
  }

  /** One byte of a set; a string of one byte where that does, as it needs no set. */
  private one(set: ByteSet): void {
    const literal = literalByte(set);
    if (literal) this.string({ bytes: [literal.byte], masks: [literal.mask] });
    else this.emit(RegexOp.Set, { set: this.sets.name(set) });
  }

  private string(literal: Literal): void {
    const count = literal.bytes.length;
    this.emit(RegexOp.String, { x: count, value: this.strings.length }, count);
    this.strings.push(literal);
  }

  private register(count = 1): number {
    const first = this.registers;
    this.registers += count;
    return first;
  }

  private row(): number {
    return this.unremembered > 0 ? REGEX_NO_ROW : this.rows++;
  }

  private get here(): number {
    return this.list.length;
  }

  private sequence(nodes: Node[], follow: First): void {
    const follows: First[] = [];
    let after = follow;
    for (let i = nodes.length - 1; i >= 0; i--) {
      follows[i] = after;
      after = firstOf(nodes[i]!, after);
    }
    for (let i = 0; i < nodes.length; ) {
      const run = literalRun(nodes, i);
      if (run.bytes.length >= 2) {
        this.string(run);
        i += run.bytes.length;
      } else {
        this.node(nodes[i]!, follows[i]!);
        i++;
      }
    }
  }

  private alternation(branches: Node[], follow: First): void {
    const jumps: Instruction[] = [];
    const firsts = branches.map((branch) => firstOf(branch, follow));
    branches.forEach((branch, i) => {
      if (i === branches.length - 1) {
        this.node(branch, follow);
        return;
      }
      const split = this.split(firsts[i]!, union(firsts.slice(i + 1)));
      split.x = this.here;
      this.node(branch, follow);
      jumps.push(this.emit(RegexOp.Jump));
      split.y = this.here;
    });
    for (const jump of jumps) jump.x = this.here;
  }

  /** A split whose branches are skipped unvisited when the next byte rules them out. */
  private split(x: First, y: First): Instruction {
    return this.emit(RegexOp.Split, {
      set: this.sets.name(x.set),
      follow: this.sets.name(y.set),
      mode: (x.end ? RegexMode.FollowEnd : 0) | (y.end ? RegexMode.SecondEnd : 0),
      row: this.row(),
    });
  }

  private capture(index: number, body: Node, follow: First): void {
    const refersToItself = contains(
      body,
      (part) =>
        (part.type === "reference" && part.group === index) ||
        (part.type === "conditional" && "group" in part.condition && part.condition.group === index),
    );
    if (!refersToItself) {
      this.emit(RegexOp.Save, { x: 2 * index });
      this.node(body, follow);
      this.emit(RegexOp.Save, { x: 2 * index + 1 });
      return;
    }
    const opened = this.register();
    this.emit(RegexOp.Save, { x: opened });
    this.node(body, follow);
    this.emit(RegexOp.Close, { x: 2 * index, y: opened });
  }

  private repeatSet(set: ByteSet, repeat: Node & { type: "repeat" }, follow: First): void {
    const { min, max } = repeat;
    if (min === 1 && max === 1) {
      this.one(set);
      return;
    }
    const disjoint = !set.intersects(follow.set);
    if (repeat.mode === "possessive" && min !== max && !disjoint) this.regular = false;
    const mode =
      repeat.mode === "possessive" || min === max || (disjoint && repeat.mode === "greedy")
        ? RegexMode.Possessive
        : repeat.mode === "lazy"
          ? RegexMode.Lazy
          : RegexMode.Greedy;
    this.emit(
      RegexOp.Repeat,
      {
        set: this.sets.name(set),
        x: min,
        value: max === Number.POSITIVE_INFINITY ? REGEX_UNBOUNDED : max,
        mode: mode | (follow.end ? RegexMode.FollowEnd : 0),
        follow: this.sets.name(follow.set),
        row: this.row(),
      },
      1 + (max === Number.POSITIVE_INFINITY ? min : max),
    );
  }

  /** `x{m,n}` is m copies and n - m nested options; `x{m,}` is m - 1 copies and a loop over the last. */
  private repeat(node: Node & { type: "repeat" }, follow: First): void {
    const { node: body, min, max } = node;
    const lazy = node.mode === "lazy";
    const unbounded = max === Number.POSITIVE_INFINITY;
    const nullable = widthOf(body).min === 0;
    const first = firstOf(body, follow);
    const again = union([first, follow]);
    const exits: Instruction[] = [];
    const choose = (): ((target: number) => void) => {
      const split = lazy ? this.split(follow, first) : this.split(first, follow);
      exits.push(split);
      return (target) => {
        if (lazy) split.y = target;
        else split.x = target;
      };
    };
    const looping = unbounded && nullable;
    if (looping) this.unremembered++;
    const copies = unbounded ? Math.max(min - 1, 0) : min;
    for (let i = 0; i < copies; i++) this.node(body, i + 1 < min || unbounded ? again : max > min ? again : follow);
    if (!unbounded) {
      for (let i = min; i < max; i++) {
        choose()(this.here);
        this.node(body, i + 1 < max ? again : follow);
      }
    } else if (min === 0 && !nullable) {
      const loop = this.here;
      choose()(this.here);
      this.node(body, again);
      this.emit(RegexOp.Jump, { x: loop });
    } else {
      if (min === 0) choose()(this.here);
      const loop = this.here;
      const mark = nullable ? this.register() : 0;
      if (nullable) this.emit(RegexOp.Save, { x: mark });
      this.node(body, again);
      const check = nullable ? this.emit(RegexOp.EmptyCheck, { x: mark }) : undefined;
      choose()(loop);
      if (check) check.y = this.here;
    }
    for (const split of exits) {
      if (lazy) split.x = this.here;
      else split.y = this.here;
    }
    if (looping) this.unremembered--;
  }

  private atomic(body: Node): void {
    const height = this.register();
    this.emit(RegexOp.AtomicEnter, { x: height });
    this.unremembered++;
    this.node(body, ANYTHING);
    this.unremembered--;
    this.emit(RegexOp.AtomicEnd, { x: height });
  }

  private look(look: LookNode): void {
    const state = this.register(2);
    if (!look.negative) {
      const enter = this.emit(RegexOp.LookEnter, { x: state });
      this.lookBody(look);
      this.emit(RegexOp.LookEnd, { x: state });
      enter.value = this.here;
      return;
    }
    const enter = this.emit(RegexOp.NegativeEnter, { x: state });
    this.lookBody(look);
    this.emit(RegexOp.NegativeEnd, { x: state });
    enter.y = this.here;
    enter.value = this.here;
  }

  private lookBody(look: LookNode): void {
    this.unremembered++;
    if (!look.behind) this.node(look.node, ANYTHING);
    else {
      const branches = look.node.type === "alternation" ? look.node.nodes : [look.node];
      const jumps: Instruction[] = [];
      branches.forEach((branch, i) => {
        const split = i < branches.length - 1 ? this.split(ANYTHING, ANYTHING) : undefined;
        if (split) split.x = this.here;
        this.emit(RegexOp.Back, { value: widthOf(branch).min });
        this.node(branch, ANYTHING);
        if (!split) return;
        jumps.push(this.emit(RegexOp.Jump));
        split.y = this.here;
      });
      for (const jump of jumps) jump.x = this.here;
    }
    this.unremembered--;
  }

  /** A look-around as condition is entered like a negative one: its failure continues at the other branch. */
  private conditional(node: Node & { type: "conditional" }, follow: First): void {
    const { condition } = node;
    if ("never" in condition) return;
    let otherwise: Instruction;
    let [taken, other] = [node.yes, node.no];
    if ("group" in condition) otherwise = this.emit(RegexOp.IfGroup, { x: condition.group });
    else {
      const state = this.register(2);
      otherwise = this.emit(RegexOp.NegativeEnter, { x: state });
      this.lookBody(condition.look);
      this.emit(RegexOp.LookEnd, { x: state });
      otherwise.value = this.here;
      if (condition.look.negative) [taken, other] = [other, taken];
    }
    this.node(taken, follow);
    const jump = this.emit(RegexOp.Jump);
    otherwise.y = this.here;
    this.node(other, follow);
    jump.x = this.here;
  }
}

/** The longest run of literal bytes from `nodes[from]` on. */
export function literalRun(nodes: Node[], from: number): Literal {
  const run: Literal = { bytes: [], masks: [] };
  for (let i = from; i < nodes.length && run.bytes.length < 65535; i++) {
    const node = nodes[i]!;
    const literal = node.type === "set" ? literalByte(node.set) : undefined;
    if (!literal) break;
    run.bytes.push(literal.byte);
    run.masks.push(literal.mask);
  }
  return run;
}
