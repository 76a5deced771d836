/** SMB 2.1 (MS-SMB2): negotiation, NTLM login, a share, a file read in large pieces. */
import type { Message } from "../../corpus/conversation.ts";
import { type Dialogue, says } from "./dialogue.ts";
import type { TextMaker } from "./text.ts";

enum Command {
  Negotiate = 0,
  SessionSetup = 1,
  TreeConnect = 3,
  Create = 5,
  Close = 6,
  Read = 8,
}

const PIECE = 65_536;
const MORE_PROCESSING = 0xc0000016;

export function smbDialogue(text: TextMaker): Dialogue {
  const messages: Message[] = [];
  const file = text.noise(16);
  let id = 0;
  const exchange = (command: Command, request: Buffer, response: Buffer, status = 0): void => {
    messages.push(says("client", message(command, id, false, 0, request)));
    messages.push(says("server", message(command, id, true, status, response)));
    id++;
  };
  exchange(Command.Negotiate, negotiateRequest(text), negotiateResponse(text));
  const login = ntlm(1, text.noise(24));
  exchange(Command.SessionSetup, sessionRequest(login), sessionResponse(ntlm(2, text.noise(120))), MORE_PROCESSING);
  exchange(Command.SessionSetup, sessionRequest(ntlm(3, text.noise(300))), sessionResponse(Buffer.alloc(0)));
  const share = utf16(`\\\\${text.word()}\\${text.word()}`);
  exchange(
    Command.TreeConnect,
    Buffer.concat([fields([2, 9], [2, 0], [2, 72], [2, share.length]), share]),
    fields([2, 16], [1, 1], [1, 0], [4, 0], [4, 0], [4, 0x1f01ff]),
  );
  for (let files = 1 + text.next(3); files > 0; files--) {
    const name = utf16(`${text.word()}\\${text.word()}.${text.pick(["docx", "xlsx", "pdf", "txt"])}`);
    exchange(Command.Create, createRequest(name), createResponse(file));
    for (let pieces = 1 + text.next(3); pieces > 0; pieces--) {
      const data = text.next(2) ? text.binary(PIECE) : text.noise(8000 + text.next(PIECE - 8000));
      const request = Buffer.concat([
        fields([2, 49], [1, 0x50], [1, 0], [4, data.length], [8, 0]),
        file,
        fields([4, 1], [4, 0], [4, 0], [2, 0], [2, 0], [1, 0]),
      ]);
      exchange(
        Command.Read,
        request,
        Buffer.concat([fields([2, 17], [1, 0x50], [1, 0], [4, data.length], [4, 0], [4, 0]), data]),
      );
    }
    exchange(
      Command.Close,
      Buffer.concat([fields([2, 24], [2, 0], [4, 0]), file]),
      Buffer.concat([fields([2, 60], [2, 0], [4, 0]), Buffer.alloc(52)]),
    );
  }
  return { transport: "tcp", port: 445, messages };
}

/** Little-endian numbers of a width each. */
function fields(...values: [width: 1 | 2 | 4 | 8, value: number][]): Buffer {
  return Buffer.concat(
    values.map(([width, value]) => {
      const bytes = Buffer.alloc(width);
      bytes.writeUIntLE(value, 0, Math.min(width, 6));
      return bytes;
    }),
  );
}

function utf16(text: string): Buffer {
  return Buffer.from(text, "utf16le");
}

function message(command: Command, id: number, response: boolean, status: number, body: Buffer): Buffer {
  const header = Buffer.concat([
    Buffer.from("fe534d42", "hex"),
    fields(
      [2, 64],
      [2, 1],
      [4, status],
      [2, command],
      [2, 1],
      [4, response ? 1 : 0],
      [4, 0],
      [8, id],
      [4, 0xfeff],
      [4, command > Command.SessionSetup ? 1 : 0],
      [8, 0x4711],
    ),
    Buffer.alloc(16),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length + body.length, 0);
  return Buffer.concat([length, header, body]);
}

function negotiateRequest(text: TextMaker): Buffer {
  return Buffer.concat([
    fields([2, 36], [2, 2], [2, 1], [2, 0], [4, 0x7f]),
    text.noise(16),
    fields([8, 0], [2, 0x0202], [2, 0x0210]),
  ]);
}

function negotiateResponse(text: TextMaker): Buffer {
  return Buffer.concat([
    fields([2, 65], [2, 1], [2, 0x0210], [2, 0]),
    text.noise(16),
    fields([4, 7], [4, 1 << 20], [4, 1 << 20], [4, 1 << 20], [8, 0], [8, 0], [2, 128], [2, 0], [4, 0]),
  ]);
}

function ntlm(type: number, rest: Buffer): Buffer {
  return Buffer.concat([Buffer.from("NTLMSSP\0"), fields([4, type]), rest]);
}

function sessionRequest(blob: Buffer): Buffer {
  return Buffer.concat([fields([2, 25], [1, 0], [1, 1], [4, 1], [4, 0], [2, 88], [2, blob.length], [8, 0]), blob]);
}

function sessionResponse(blob: Buffer): Buffer {
  return Buffer.concat([fields([2, 9], [2, 0], [2, 72], [2, blob.length]), blob]);
}

function createRequest(name: Buffer): Buffer {
  return Buffer.concat([
    fields(
      [2, 57],
      [1, 0],
      [1, 0],
      [4, 2],
      [8, 0],
      [8, 0],
      [4, 0x120089],
      [4, 0x80],
      [4, 7],
      [4, 1],
      [4, 0x40],
      [2, 120],
      [2, name.length],
      [4, 0],
      [4, 0],
    ),
    name,
  ]);
}

function createResponse(file: Buffer): Buffer {
  return Buffer.concat([
    fields([2, 89], [1, 0], [1, 0], [4, 1]),
    Buffer.alloc(32),
    fields([8, 1 << 20], [8, 1 << 20], [4, 0x80], [4, 0]),
    file,
    fields([4, 0], [4, 0], [1, 0]),
  ]);
}
