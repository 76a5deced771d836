/**
 * Two ends of long-lived connections, for what happens to them while the agent changes. `server PORT`: echoes lines. `client HOST PORT`: keeps
 * connections open, says a numbered line on each every few milliseconds, and now and then makes a new connection that attacks. It obeys lines on
 * its standard input: `report` is answered by what happened since the last report, `attacks on|off` begins and ends attacks, `end` ends it.
 */
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

const CONNECTIONS = 8;
const EVERY = 10;
const ATTACK_EVERY = 50;
/** Milliseconds after which an attack that was not answered counts as blocked. */
const PATIENCE = 700;

const say = (line: object): void => console.log(JSON.stringify(line));
const [role, host = "", port = ""] = process.argv.slice(2);

if (role === "server") {
  createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  }).listen(Number(host), "::", () => say({ listening: true }));
} else client();

function client(): void {
  const since = { said: 0, echoed: 0, lost: 0, wrong: 0, attacks: 0, answered: 0, longest: 0 };
  let attacking = false;
  for (let index = 0; index < CONNECTIONS; index++) keepTalking(index);
  setInterval(() => {
    if (attacking) attack();
  }, ATTACK_EVERY);
  createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "end") process.exit();
    if (line.startsWith("attacks")) attacking = line.endsWith("on");
    if (line === "report") {
      say({ report: { ...since } });
      for (const name of Object.keys(since) as (keyof typeof since)[]) since[name] = 0;
    }
  });
  say({ talking: true });

  function keepTalking(index: number): void {
    const socket = connect(Number(port), host);
    socket.setNoDelay(true);
    const sent: number[] = [];
    let next = 0;
    let heard = 0;
    let rest = "";
    const timer = setInterval(() => {
      // One that is stuck does not fill memory.
      if (sent.length > 1000) return;
      socket.write(`${index}:${next++}\n`);
      sent.push(performance.now());
      since.said++;
    }, EVERY);
    socket.setEncoding("latin1");
    socket.on("data", (data: string) => {
      const lines = (rest + data).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (line !== `${index}:${heard++}`) since.wrong++;
        since.echoed++;
        since.longest = Math.max(since.longest, performance.now() - sent.shift()!);
      }
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(timer);
      since.lost++;
    });
  }

  function attack(): void {
    since.attacks++;
    const socket: Socket = connect(Number(port), host, () => socket.write("this is an attack!\n"));
    socket.on("data", () => {
      since.answered++;
      socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    setTimeout(() => socket.destroy(), PATIENCE);
  }
}
