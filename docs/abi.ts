/** The page `abi.md`: the contract of the core with those who link it, its tables read from `assembly/`. */
import { readFileSync } from "node:fs";
import { ABI_VERSION } from "../assembly/abi/codes.ts";
import { DATABASE_VERSION } from "../assembly/abi/database.ts";

const core = new URL("../assembly/", import.meta.url);

interface Member {
  name: string;
  value: number;
  comment: string;
}

function source(file: string): string {
  return readFileSync(new URL(file, core), "utf8");
}

/** One exported function of assembly/index.ts. */
export interface CoreFunction {
  name: string;
  signature: string;
  comment: string;
}

/** The exports of the core, as its entry declares them. */
export function coreFunctions(): CoreFunction[] {
  const text = source("index.ts");
  const renamed = new Map([...text.matchAll(/export \{ (\w+) as (\w+) \}/g)].map(([, from, to]) => [from!, to!]));
  const declarations = text.matchAll(/\/\*\* ([^\n]*) \*\/\n(?:export )?function (\w+)\(([^)]*)\): (\w+)/g);
  return [...declarations].map(([, comment = "", name = "", parameters, result]) => ({
    name: renamed.get(name) ?? name,
    signature: `(${parameters}) -> ${result}`.replaceAll("usize", "u32"),
    comment: comment.replace(/^`\w+`: /, ""),
  }));
}

/** The members of an enum of assembly/abi with their comments; values as TypeScript computes them. */
export function enumMembers(file: string, name: string): Member[] {
  const text = source(`abi/${file}`);
  const body = new RegExp(`export (?:const )?enum ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(text)?.[1];
  if (body === undefined) throw new Error(`${file} has no enum ${name}`);
  const members: Member[] = [];
  const values = new Map<string, number>();
  let comment: string[] = [];
  let next = 0;
  for (const line of body.split("\n").map((each) => each.trim())) {
    const member = /^(\w+)(?: = ([^,]+))?,(?: \/\/ (.*))?$/.exec(line);
    if (!member) {
      const words = line
        .replace(/^\/\*\* ?|^\* ?|\*\/$|^\/\/.*/g, "")
        .replace(/\*\/$/, "")
        .trim();
      if (words) comment.push(words);
      continue;
    }
    const [, member_ = "", expression, note] = member;
    const value = expression === undefined ? next : evaluate(expression, values);
    members.push({ name: member_, value, comment: [...comment, ...(note ? [note] : [])].join(" ") });
    values.set(member_, value);
    next = value + 1;
    comment = [];
  }
  return members;
}

/** Numbers, names of earlier members, sums and shifts. */
function evaluate(expression: string, values: ReadonlyMap<string, number>): number {
  const number = (text: string): number => values.get(text) ?? Number(text.replaceAll("_", ""));
  const shift = /^(\w+) << (\w+)$/.exec(expression);
  if (shift) return 2 ** number(shift[2]!) * number(shift[1]!);
  return expression.split("+").reduce((sum, part) => sum + number(part.trim()), 0);
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function record(file: string, name: string): string {
  const members = enumMembers(file, name);
  const size = members.find((member) => member.name === "size");
  const rows = members
    .filter((member) => member !== size)
    .map(({ name: field, value, comment }) => [String(value), `\`${field}\``, comment]);
  return `### ${name}${size ? `: ${size.value} bytes` : ""}\n\n${table(["offset", "field", "what"], rows)}`;
}

function codes(file: string, name: string): string {
  const rows = enumMembers(file, name).map((member) => [String(member.value), `\`${member.name}\``, member.comment]);
  return `### ${name}\n\n${table(["code", "name", "what"], rows)}`;
}

/** The page. */
export function abiPage(): string {
  const version = `${ABI_VERSION >>> 16}.${ABI_VERSION & 0xffff}`;
  const functions = coreFunctions().map(({ name, signature, comment }) => [`\`${name}${signature}\``, comment]);
  const counters = enumMembers("counters.ts", "Counter").filter(({ name }) => name !== "COUNT");
  const settings = enumMembers("settings.ts", "Setting");
  return `# The ABI: linking the core

Version ${version}, databases of version ${DATABASE_VERSION}. Made from \`assembly/index.ts\` and \`assembly/abi/\` by \`npm run docs\`; a test compares.

The core is one WebAssembly module, in two builds with one interface and the same results: \`vpatch.wasm\` needs the SIMD of WebAssembly 2.0,
\`vpatch.scalar.wasm\` does not. It imports nothing, in debug builds
\`env.abort(u32, u32, u32, u32)\`: no clock, no randomness, no files. The same
database, settings and frames give the same verdicts and events in every engine. \`examples/python\` is a whole agent in a second language.

## Life

1. Instantiate, and compare \`abi_version\`.
2. Write the settings (below) at \`settings_address()\`, then call \`configure()\`. All memory is carved here; from now on no address moves, and
   the core asks for no more. Take the addresses **after** \`configure\`.
3. Write a database that \`vpatch compile\` made at \`database_address()\` and call \`load(length)\`. A refused one leaves the old one in force.
   The same again at any time between two calls of \`inspect\`: flows keep their state. Ask for the address anew each time.
4. Write frames anywhere in the frame area (\`FrameBytes\` of it), each followed by 64 readable bytes, and a \`Frame\` record a frame from slot 0 on;
   call \`inspect(0, count)\`. It gives how many it inspected. Fewer: the event area is nearly full; take the events, \`drain_events()\`, go on with
   \`inspect(done, count - done)\`.
5. Act on the verdict bytes, one a slot. \`Reject\`: drop, and send the frames of the \`Reply\` events that bear the frame's number. Take the events: \`events_used()\` bytes at \`events_address()\`, then \`drain_events()\`.
6. Without traffic call \`advance(now)\` now and then, at the end \`finish()\`, each until it gives 0, draining events between.

A call is not reentrant; an instance belongs to one thread. Several instances share nothing. A trap is a defect: make a new instance from the
same database (\`hosts/node/engine/containment.ts\` does), and keep the frames (docs/evidence.md).

Integers are little-endian, records 8-byte aligned, times microseconds since 1970. Addresses are offsets into the exported \`memory\`. Reserved
bytes are written as 0 and read as nothing.

## Version rule

- The **major** number changes when a host made for the version before would go wrong: an export, a field or a code goes away or means something
  else. A host refuses another major number.
- The **minor** number changes when something is added: an export, a setting, a counter or a code at the end of its table, a field in reserved
  bytes. A host needs at least the minor number it was made for, passes over codes it does not know, and leaves settings it does not know at 0,
  which means what the version before did.
- The database has a version of its own: core and compiler of one release belong together.

## Exports

${table(["function", "what"], functions)}

\`memory\` is exported, too. \`u64\` parameters are WebAssembly's \`i64\`.

## Frames

${record("frames.ts", "Frame")}

${codes("frames.ts", "FrameFlag")}

${record("frames.ts", "FrameGroups")}

${codes("frames.ts", "GroupKind")}

## Verdicts

${codes("codes.ts", "Verdict")}

## Events

An event is a record and a body: a map in CBOR (RFC 8949) in the shape of EVE. Text strings are the core's words, byte strings are packet data.

${record("frames.ts", "EventRecord")}

${codes("frames.ts", "EventType")}

${codes("frames.ts", "EventFlag")}

${codes("codes.ts", "Action")}

${codes("codes.ts", "DropReason")}

${codes("cost.ts", "EngineCode")}

## Errors of \`load\`

${codes("codes.ts", "LoadError")}

## Cost

${record("cost.ts", "RuleCost")}

${record("cost.ts", "ProtocolCost")}

${codes("cost.ts", "Cost")}

## Protocols

${codes("codes.ts", "Direction")}

${codes("codes.ts", "AppProto")}

## Settings

An array of u32. \`vpatch settings\` prints the table for a configuration, for hosts that do not read configurations.

${table(
  ["index", "setting", "what"],
  settings.map(({ name, value, comment }) => [String(value), `\`${name}\``, comment]),
)}

${codes("codes.ts", "ExceptionPolicy")}

## Counters

An array of u64; two underscores stand for the point of Suricata's name.

${table(
  ["index", "counter"],
  counters.map(({ name, value }) => [String(value), `\`${name}\``]),
)}
`;
}
