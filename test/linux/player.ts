/**
 * Plays one side of conversations over real sockets; a suite runs one in each namespace. It obeys lines of JSON and answers with lines of JSON:
 *
 *     {"listen": port}                                     accept TCP and UDP there, on both families
 *     {"expect": key, "say": [[client bytes, base64], ...]} when a client from this source port has sent so many bytes, answer with those
 *     {"talk": key, "to": address, "port": n, "from": n, "udp": bool, "say": [[base64, answer bytes], ...], "patience": ms}
 *     {"got": key}                                         what came from that source port
 *     {"probe": address, "port": n, "every": ms} ... {"gaps": true}   UDP echoes: when answers came
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

interface Step {
  /** Server: bytes to have been received; client: bytes of answer to wait for. */
  bytes: number;
  data: Buffer;
}

interface Script {
  steps: Step[];
  received: Buffer[];
  total: number;
  next: number;
}

const scripts = new Map<number, Script>();
const answer = (line: Record<string, unknown>): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

function take(script: Script, bytes: Buffer, reply: (data: Buffer) => void): void {
  script.received.push(bytes);
  script.total += bytes.length;
  for (let step = script.steps[script.next]; step && script.total >= step.bytes; step = script.steps[++script.next])
    reply(step.data);
}

function scriptOf(port: number): Script {
  let script = scripts.get(port);
  if (!script) {
    script = { steps: [], received: [], total: 0, next: 0 };
    scripts.set(port, script);
  }
  return script;
}

function listen(port: number): void {
  const server = createServer((socket) => {
    const script = scriptOf(socket.remotePort ?? 0);
    socket.on("data", (bytes) => take(script, bytes, (data) => socket.write(data)));
    socket.on("error", () => undefined);
  });
  server.listen(port, "::", () => {
    const udp = createSocket({ type: "udp6", reuseAddr: true });
    udp.on("message", (bytes: Buffer, { port: from, address }: RemoteInfo) => {
      if (!scripts.has(from)) udp.send(bytes, from, address);
      else take(scriptOf(from), bytes, (data) => udp.send(data, from, address));
    });
    udp.bind(port, "::", () => answer({ listening: port }));
  });
}

interface Talk {
  talk: number;
  to: string;
  port: number;
  from: number;
  udp: boolean;
  say: [string, number][];
  patience: number;
}

function talk({ talk: key, to, port, from, udp, say, patience }: Talk): void {
  const received: Buffer[] = [];
  let total = 0;
  let step = 0;
  let waiting = 0;
  let timer: NodeJS.Timeout;
  let send: (data: Buffer) => void = () => undefined;
  let end: () => void = () => undefined;
  let over = false;
  const finish = (complete: boolean): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    // What was sent last may still be under way: the other side is asked only after this.
    setTimeout(
      () => {
        end();
        answer({ talked: key, complete, received: Buffer.concat(received).toString("base64") });
      },
      complete ? 150 : 0,
    );
  };
  const go = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => finish(false), patience);
    while (total >= waiting) {
      const next = say[step++];
      if (!next) {
        finish(true);
        return;
      }
      send(Buffer.from(next[0], "base64"));
      waiting += next[1];
    }
  };
  const heard = (bytes: Buffer): void => {
    received.push(bytes);
    total += bytes.length;
    if (total >= waiting) go();
  };
  timer = setTimeout(() => finish(false), patience);
  if (udp) {
    const socket = createSocket(to.includes(":") ? "udp6" : "udp4");
    socket.on("message", heard);
    send = (data) => socket.send(data, port, to);
    end = () => socket.close();
    socket.bind(from, go);
  } else {
    const socket: Socket = connect({ host: to, port, localPort: from });
    socket.setNoDelay(true);
    socket.on("connect", go);
    socket.on("data", heard);
    socket.on("error", () => finish(false));
    socket.on("close", () => finish(false));
    send = (data) => socket.write(data);
    end = () => socket.destroy();
  }
}

let probing: { socket: UdpSocket; timer: NodeJS.Timeout; times: number[]; sent: number } | undefined;

function probe(address: string, port: number, every: number): void {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  const times: number[] = [];
  socket.on("message", () => times.push(Date.now()));
  const state = {
    socket,
    times,
    sent: 0,
    timer: setInterval(() => {
      socket.send("probe", port, address);
      state.sent++;
    }, every),
  };
  probing = state;
}

interface Order {
  listen: number;
  expect: number;
  say: [number, string][];
  talk: number;
  got: number;
  probe: string;
  port: number;
  every: number;
  gaps: boolean;
}

createInterface({ input: process.stdin }).on("line", (text) => {
  const line = JSON.parse(text) as Partial<Order>;
  if ("listen" in line) listen(line.listen!);
  else if ("expect" in line) {
    const script = scriptOf(line.expect!);
    for (const [bytes, data] of line.say!) script.steps.push({ bytes, data: Buffer.from(data, "base64") });
    answer({ expecting: line.expect });
  } else if ("talk" in line) talk(line as unknown as Talk);
  else if ("got" in line)
    answer({ got: line.got, bytes: Buffer.concat(scriptOf(line.got!).received).toString("base64") });
  else if ("probe" in line) probe(line.probe!, line.port!, line.every!);
  else if ("gaps" in line && probing) {
    clearInterval(probing.timer);
    probing.socket.close();
    answer({ probes: probing.times, sent: probing.sent });
    probing = undefined;
  }
});
answer({ playing: true });
