/** EVE to sockets and to syslog; what each destination gets, and what a slow or absent reader costs. */
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UnixDatagramReceiver, UnixDatagramSender } from "../../hosts/linux/system/unix-datagram.ts";
import { makeConfiguration } from "../../hosts/node/config/configuration.ts";
import { DatagramLines, type DatagramSender } from "../../hosts/node/output/datagrams.ts";
import type { Destination } from "../../hosts/node/output/destination.ts";
import { EveOutputs } from "../../hosts/node/output/eve-outputs.ts";
import { openOutputs } from "../../hosts/node/output/open-outputs.ts";
import { syslogEnvelope } from "../../hosts/node/output/syslog.ts";
import { UnixStream } from "../../hosts/node/output/unix-stream.ts";

const test = suite<{ folder: string }>("destinations");

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "vpatch-output-"));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !condition(); ) {
    if (Date.now() > end) throw new Error("it did not come to pass in 5 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const line = (type: string, more = ""): string => `{"event_type":"${type}"${more}}\n`;

test("unix_stream: a reader that comes late, goes and comes again", async ({ folder }) => {
  const path = join(folder, "eve.sock");
  const stream = new UnixStream(path);
  await until(() => stream.counts.problem !== undefined);
  stream.write(line("alert"), 1);
  assert.equal(stream.counts, { lines: 0, dropped: 1, problem: "ENOENT" });

  let received = "";
  const server = createServer((socket: Socket) => socket.on("data", (data) => (received += data)));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  stream.reopen();
  await until(() => stream.counts.problem === undefined);
  stream.write(line("alert") + line("flow"), 2);
  await until(() => received.length > 0);
  await stream.close(1000);
  server.close();
  assert.is(received, line("alert") + line("flow"));
  assert.equal([stream.counts.lines, stream.counts.dropped], [2, 1]);
});

test("unix_stream: a reader that does not read costs lines, not memory", async ({ folder }) => {
  const path = join(folder, "eve.sock");
  const server = createServer((socket) => socket.pause()).listen(path);
  const stream = new UnixStream(path, 100_000);
  await until(() => stream.counts.problem === undefined && server.listening);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const text = line("alert", `,"x":"${"y".repeat(9_000)}"`);
  for (let i = 0; i < 200; i++) stream.write(text, 1);
  assert.ok(stream.counts.dropped > 100, `${stream.counts.dropped} dropped`);
  await stream.close(10);
  server.close();
});

test("unix_dgram: a line a datagram; a full socket is waited for, an absent reader counted", async ({ folder }) => {
  const path = join(folder, "eve.sock");
  const receiver = new UnixDatagramReceiver(path);
  const lines = new DatagramLines("x", new UnixDatagramSender(path), (text) => text);
  const count = 100;
  for (let i = 0; i < count; i++) lines.write(line("alert", `,"n":${i}`));
  const received: string[] = [];
  await until(() => {
    for (let data = receiver.receive(); data; data = receiver.receive()) received.push(data.toString());
    return received.length === count;
  });
  assert.is(received[99], line("alert", ',"n":99').trimEnd());
  receiver.close();
  lines.write(line("alert"));
  await lines.close(100);
  assert.equal(lines.counts, { lines: count, dropped: 1, problem: "nobody receives" });
});

test("a datagram longer than the system takes is counted, the next goes", async () => {
  const sent: string[] = [];
  const sender: DatagramSender = {
    send(data) {
      if (data.length > 100) return "large";
      sent.push(data.toString());
      return "sent";
    },
    close() {},
  };
  const lines = new DatagramLines("x", sender, (text) => text);
  lines.write(`${"a".repeat(200)}\nb\n`);
  await lines.close(10);
  assert.equal([sent, lines.counts], [["b"], { lines: 1, dropped: 1, problem: undefined }]);
});

const at = new Date(2026, 10, 3, 4, 5, 6);
const syslog = { facility: "local5", level: "info", identity: "vpatch", host: "vm", pid: 7 };

for (const [name, options, expected] of [
  ["/dev/log as syslog(3) writes it", { format: "rfc3164", local: true }, "<174>Nov  3 04:05:06 vpatch[7]: {}"],
  ["RFC 3164 to a server", { format: "rfc3164", local: false }, "<174>Nov  3 04:05:06 vm vpatch[7]: {}"],
  ["RFC 5424", { format: "rfc5424", local: false }, `<174>1 ${at.toISOString()} vm vpatch 7 eve - {}`],
] as const) {
  test(`syslog: ${name}`, () => {
    assert.is(syslogEnvelope({ ...syslog, ...options }, () => at)("{}"), expected);
  });
}

test("several outputs of a configuration, each with its event types; followers, too", async ({ folder }) => {
  const socket = join(folder, "alerts.sock");
  const receiver = new UnixDatagramReceiver(socket);
  const { outputs: options, ...config } = await makeConfiguration({
    "default-log-dir": folder,
    outputs: [
      { "eve-log": { filename: "eve.json" } },
      { "eve-log": { filetype: "unix_dgram", filename: socket, types: ["alert"] } },
      { "eve-log": { enabled: "no", filename: "never.json" } },
    ],
  });
  const outputs = await openOutputs(
    options.destinations,
    config["default-log-dir"],
    (path) => new UnixDatagramSender(path),
  );
  const followed: string[] = [];
  const unfollow = outputs.follow({ types: new Set(["flow"]), dropped: 0, write: (text) => followed.push(text) > 0 });
  outputs.write(line("alert") + line("flow"));
  unfollow();
  outputs.write(line("flow"));
  outputs.event("vpatch", { type: "started" }, 0);
  await outputs.close(1000);
  assert.is(receiver.receive()?.toString(), line("alert").trimEnd());
  assert.is(receiver.receive(), undefined);
  receiver.close();
  assert.equal(followed, [line("flow")]);
  assert.equal(
    outputs.events,
    new Map([
      ["alert", 1],
      ["flow", 2],
      ["vpatch", 1],
    ]),
  );
});

test("syslog, to the local socket and to a server", async ({ folder }) => {
  const socket = join(folder, "log");
  const receiver = new UnixDatagramReceiver(socket);
  const server = createSocket("udp4");
  const received: string[] = [];
  server.on("message", (bytes) => received.push(bytes.toString()));
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  const { outputs: options } = await makeConfiguration({
    outputs: [
      { "eve-log": { filetype: "syslog", filename: socket, facility: "daemon", level: "Notice", identity: "probe" } },
      { "eve-log": { filetype: "syslog", server: `127.0.0.1:${server.address().port}` } },
    ],
  });
  assert.is(
    (await makeConfiguration({ outputs: [{ "eve-log": { filetype: "syslog" } }] })).outputs.destinations[0]!.filename,
    "/dev/log",
  );
  const outputs = await openOutputs(options.destinations, folder, (path) => new UnixDatagramSender(path));
  outputs.write(line("alert"));
  await until(() => received.length > 0);
  await outputs.close(100);
  assert.match(receiver.receive()!.toString(), /^<29>\w{3} [ \d]\d [\d:]{8} probe\[\d+\]: \{"event_type":"alert"\}$/);
  assert.match(received[0]!, /^<174>1 \S+ \S+ vpatch \d+ eve - \{"event_type":"alert"\}$/);
  receiver.close();
  server.close();
});

test("destinations tell what they lost", async () => {
  const outputs = new EveOutputs();
  const counts = { lines: 0, dropped: 3 };
  const destination: Destination = { name: "somewhere", counts, write() {}, reopen() {}, async close() {} };
  outputs.add(destination);
  assert.equal(outputs.counts, [{ name: "somewhere", counts }]);
});

test.run();
