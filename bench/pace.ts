/**
 * `pace ADDRESS RATE SECONDS`: HTTP requests at a steady rate over kept connections; prints the percentiles of their times, microseconds. Those
 * of the first seconds are not counted: programs on both sides are compiled and caches are filled then.
 */
import { connect, type Socket } from "node:net";

const CONNECTIONS = 8;
const WARM_MS = 2000;

const [address, rate, seconds] = process.argv.slice(2) as [string, string, string];
const request = `GET /small HTTP/1.1\r\nHost: ${address}\r\n\r\n`;
const times: number[] = [];
const free: Socket[] = [];
const begun = new Map<Socket, bigint>();
let missed = 0;
/** Requests count from now on. */
let warm = false;

for (let index = 0; index < CONNECTIONS; index++) {
  const socket = connect({ host: address, port: 80, noDelay: true });
  socket.on("connect", () => free.push(socket));
  socket.on("data", () => {
    const from = begun.get(socket);
    if (from === undefined) return;
    begun.delete(socket);
    if (warm) times.push(Number(process.hrtime.bigint() - from) / 1000);
    free.push(socket);
  });
}

const start = Date.now();
let sent = 0;
setInterval(() => {
  const now = Date.now() - start;
  if (now > Number(seconds) * 1000 + WARM_MS) finish();
  if (!warm && now >= WARM_MS) {
    warm = true;
    missed = 0;
  }
  const due = Math.floor((now * Number(rate)) / 1000);
  for (; sent < due; sent++) {
    const socket = free.shift();
    if (socket === undefined) {
      missed++;
      continue;
    }
    begun.set(socket, process.hrtime.bigint());
    socket.write(request);
  }
}, 1);

function finish(): void {
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  console.log(JSON.stringify({ requests: times.length, missed, p50: at(0.5), p99: at(0.99) }));
  process.exit(0);
}
