/** A connection that a conversation announced (FTP: `PORT`, `PASV`): what it will carry. The record is handed from the parser to the pipeline. */
import { Account, acquire, release } from "../memory/heap";
import { freeText, setText, Text } from "./text";

@unmanaged
export class Expected {
  nameData: usize;
  nameLength: u32;
  /** AppProto of the connection. */
  proto: u8;
  /** The parser's own code of what it is for. */
  command: u8;
  /** Port the connection goes to. */
  port: u16;

  get name(): Text {
    return changetype<Text>(changetype<usize>(this) + offsetof<Expected>("nameData"));
  }
}

/** A record with a copy of the name, or 0 when memory is short. */
export function makeExpected(proto: u32, port: u32, command: u32, name: usize, length: u32): usize {
  const at = acquire(Account.App, <u32>offsetof<Expected>());
  if (at == 0) return 0;
  memory.fill(at, 0, offsetof<Expected>());
  const e = changetype<Expected>(at);
  e.proto = <u8>proto;
  e.command = <u8>command;
  e.port = <u16>port;
  setText(e.name, Account.App, name, length);
  return at;
}

export function freeExpected(at: usize): void {
  if (at == 0) return;
  freeText(changetype<Expected>(at).name);
  release(at);
}
