/** HTTP/1 by its first bytes: a known method and a blank from the client, `HTTP/` and a version from the server. */
import { Direction } from "../abi/codes";
import { beginsWith, Guess } from "./guess";

/** The better of two guesses. */
function either(a: Guess, b: Guess): Guess {
  if (a == Guess.Yes || b == Guess.Yes) return Guess.Yes;
  return a == Guess.More || b == Guess.More ? Guess.More : Guess.No;
}

/** A method, followed by a space or a tab. */
function method(data: usize, length: u32, name: string): Guess {
  const guess = beginsWith(data, length, name, true);
  if (guess != Guess.Yes) return guess;
  const n = <u32>name.length;
  if (length == n) return Guess.More;
  const byte = load<u8>(data + n);
  return byte == 0x20 || byte == 0x09 ? Guess.Yes : Guess.No;
}

function request(data: usize, length: u32): Guess {
  let g = either(method(data, length, "GET"), method(data, length, "POST"));
  g = either(g, either(method(data, length, "HEAD"), method(data, length, "PUT")));
  g = either(g, either(method(data, length, "OPTIONS"), method(data, length, "CONNECT")));
  g = either(g, either(method(data, length, "DELETE"), method(data, length, "TRACE")));
  g = either(g, either(method(data, length, "PATCH"), method(data, length, "PROPFIND")));
  g = either(g, either(method(data, length, "PROPPATCH"), method(data, length, "MKCOL")));
  g = either(g, either(method(data, length, "COPY"), method(data, length, "MOVE")));
  g = either(g, either(method(data, length, "LOCK"), method(data, length, "UNLOCK")));
  g = either(g, either(method(data, length, "CHECKOUT"), method(data, length, "UNCHECKOUT")));
  g = either(g, either(method(data, length, "CHECKIN"), method(data, length, "UPDATE")));
  g = either(g, either(method(data, length, "LABEL"), method(data, length, "REPORT")));
  g = either(g, either(method(data, length, "MKWORKSPACE"), method(data, length, "MKACTIVITY")));
  g = either(g, either(method(data, length, "MERGE"), method(data, length, "INVALID")));
  return either(g, either(method(data, length, "VERSION-CONTROL"), method(data, length, "BASELINE-CONTROL")));
}

export function http1Probe(data: usize, length: u32, direction: u32): Guess {
  if (direction == Direction.ToServer) return request(data, length);
  const g = either(beginsWith(data, length, "HTTP/1.1", false), beginsWith(data, length, "HTTP/1.0", false));
  return either(g, beginsWith(data, length, "HTTP/0.9", false));
}
