/** What the service manager hears (sd_notify): readiness, reloads, the stop, the watchdog. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UnixDatagramReceiver, UnixDatagramSender } from "../../hosts/linux/system/unix-datagram.ts";
import { ServiceManager } from "../../hosts/node/agent/service-manager.ts";
import { CrashLoopDetector } from "../../hosts/node/engine/crash-loop.ts";

const test = suite<{ folder: string; receiver: UnixDatagramReceiver; path: string }>("service manager");

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "vpatch-notify-"));
  context.path = join(context.folder, "notify");
  context.receiver = new UnixDatagramReceiver(context.path);
});
test.after.each(({ folder, receiver }) => {
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const sender = (path: string): UnixDatagramSender => new UnixDatagramSender(path);

function heard(receiver: UnixDatagramReceiver): string[] {
  const all: string[] = [];
  for (let data = receiver.receive(); data; data = receiver.receive()) all.push(data.toString());
  return all;
}

test("a life", ({ path, receiver }) => {
  const manager = new ServiceManager({ environment: { NOTIFY_SOCKET: path }, sender, healthy: () => true });
  manager.ready("protected");
  manager.reloading();
  manager.status("two\nlines");
  manager.stopping();
  manager.close();
  const [ready, reloading, ...rest] = heard(receiver);
  assert.is(ready, `READY=1\nSTATUS=protected\nMAINPID=${process.pid}`);
  assert.match(reloading!, /^RELOADING=1\nMONOTONIC_USEC=\d+$/);
  assert.equal(rest, ["STATUS=two lines", "STOPPING=1"]);
});

test("the watchdog is told only while all is well", async ({ path, receiver }) => {
  let healthy = true;
  const environment = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "60000", WATCHDOG_PID: `${process.pid}` };
  const manager = new ServiceManager({ environment, sender, healthy: () => healthy });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(heard(receiver).includes("WATCHDOG=1"));
  healthy = false;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(heard(receiver), []);
  manager.close();
});

test("a socket in the abstract namespace", () => {
  const path = `@vpatch-test-${process.pid}`;
  const receiver = new UnixDatagramReceiver(path);
  const manager = new ServiceManager({ environment: { NOTIFY_SOCKET: path }, sender, healthy: () => true });
  manager.stopping();
  assert.equal(heard(receiver), ["STOPPING=1"]);
  manager.close();
  receiver.close();
});

test("without a service manager nothing is sent", ({ receiver }) => {
  const manager = new ServiceManager({ environment: {}, sender, healthy: () => true });
  manager.ready("");
  manager.close();
  assert.equal(heard(receiver), []);
});

test("five stops in a minute are a crash loop", () => {
  const failures = new CrashLoopDetector({ crashes: 5, seconds: 60 });
  const loops = [0, 1, 2, 3, 4].map((second) => failures.stopped(second * 1000).loop);
  assert.equal(loops, [false, false, false, false, true]);
  assert.ok(failures.isLoop(5_000));
  assert.not.ok(failures.isLoop(120_000), "forgotten after a quiet minute");
  assert.equal(failures.stopped(120_000), { recent: 1, loop: false });
  assert.is(failures.count, 6);
});

test.run();
