/**
 * Telnet (RFC 854) over TCP, as frames only: commands, and lines of text. What the server shows before a login is answered ends with
 * `: ` (`login: `, `Password: `) instead of a line's end; so this follows the login as Suricata does. There are no transactions.
 */
import { AppProto, Direction } from "../abi/codes";
import { noteFrame } from "./frame";
import { InputFlag } from "./input";
import { AppState, openState } from "./transaction";

const IAC: u32 = 0xff;

enum Verb {
  SubnegotiationEnd = 0xf0,
  Subnegotiation = 0xfa,
  Will = 0xfb,
}

/** How far the login is. */
enum Login {
  Idle,
  NameAsked,
  NameGiven,
  PasswordAsked,
  PasswordGiven,
  Accepted,
  Refused,
}

@unmanaged
export class TelnetState extends AppState {
  login: u32;
}

export function telnetOpen(): usize {
  return openState(AppProto.Telnet, <u32>offsetof<TelnetState>());
}

/** Bytes of the command at `data`; 0: more are needed. */
function commandSize(data: usize, length: u32): u32 {
  if (length < 2) return 0;
  const verb = <u32>load<u8>(data, 1);
  if (verb == Verb.Subnegotiation) {
    for (let i: u32 = 3; i + 1 < length; i++)
      if (<u32>load<u8>(data + i) == IAC && <u32>load<u8>(data + i, 1) == Verb.SubnegotiationEnd) return i;
    return 0;
  }
  const size: u32 = verb >= <u32>Verb.Will && verb < IAC ? 3 : 2;
  return length < size ? 0 : size;
}

/** Bytes up to and with the line's end, or a prompt's; 0: more are needed. */
function textSize(data: usize, length: u32, prompt: bool): u32 {
  for (let i: u32 = 0; i < length; i++) {
    if (!prompt) {
      if (load<u8>(data + i) == 0x0a) return i + 1;
    } else if (i + 1 < length && load<u16>(data + i) == 0x203a) return i + 2;
  }
  return 0;
}

function isPrompt(login: u32): bool {
  return login == Login.Idle || login == Login.Refused || login == Login.NameGiven;
}

/** A line of text moves the login on. */
function advance(state: TelnetState, direction: u32, data: usize, length: u32): void {
  if (direction == Direction.ToServer) {
    if (state.login == Login.NameAsked) state.login = Login.NameGiven;
    else if (state.login == Login.PasswordAsked) state.login = Login.PasswordGiven;
    return;
  }
  if (state.login == Login.Idle || state.login == Login.Refused) state.login = Login.NameAsked;
  else if (state.login == Login.NameGiven) state.login = Login.PasswordAsked;
  else if (state.login == Login.PasswordGiven && length > 1)
    state.login = isRefusal(data, length) ? Login.Refused : Login.Accepted;
}

const REFUSAL: usize = memory.data<u8>([
  0x4c, 0x6f, 0x67, 0x69, 0x6e, 0x20, 0x69, 0x6e, 0x63, 0x6f, 0x72, 0x72, 0x65, 0x63, 0x74,
]);
const REFUSAL_LENGTH: u32 = 15;

function isRefusal(data: usize, length: u32): bool {
  return length == REFUSAL_LENGTH + 1 && memory.compare(data, REFUSAL, REFUSAL_LENGTH) == 0;
}

export function telnetParse(base: AppState, direction: u32, data: usize, length: u32, flags: u32): i32 {
  if ((flags & InputFlag.Gap) != 0) return <i32>length;
  const state = changetype<TelnetState>(changetype<usize>(base));
  let at: u32 = 0;
  while (at < length) {
    const message = data + at;
    const command = <u32>load<u8>(message) == IAC;
    const prompt = direction == Direction.ToClient && isPrompt(state.login);
    const size = command ? commandSize(message, length - at) : textSize(message, length - at, prompt);
    if (size == 0) break;
    noteFrame(state, direction, "pdu", message, size);
    if (command) noteFrame(state, direction, "ctl", message, size);
    else {
      noteFrame(state, direction, "data", message, size);
      advance(state, direction, message, size);
    }
    at += size;
  }
  return <i32>at;
}
