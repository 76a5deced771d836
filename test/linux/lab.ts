/**
 * A lab: network namespaces joined by veth pairs, made for one test run and gone after it, also when the run is killed.
 *
 *     client 10.99.0.1, fd99::1  ----  server 10.99.0.2, fd99::2
 *
 * With a gateway the wire between them is cut: the gateway holds both ends, and what joins them is under test.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Names of our namespaces: the run's process is part of them, so that a later run knows whose they were. */
const NAME = /^vpt(\d+)-\w+$/;
const OWN = `vpt${process.pid}`;

export const CLIENT4 = "10.99.0.1";
export const SERVER4 = "10.99.0.2";
export const CLIENT6 = "fd99::1";
export const SERVER6 = "fd99::2";

export type Place = "client" | "server" | "gateway";

export interface Output {
  status: number;
  stdout: string;
  stderr: string;
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "pipe", "pipe"] });
}

/** Ends what runs in the namespaces of runs that are gone, and removes them. */
export function sweep(own = false): void {
  const list = execFileSync("ip", ["netns", "list"], { encoding: "utf8" });
  for (const name of list.split("\n").map((line) => line.split(" ", 1)[0]!)) {
    const run = NAME.exec(name)?.[1];
    if (run === undefined || (isAlive(Number(run)) && !(own && name.startsWith(`${OWN}-`)))) continue;
    removeNamespace(name);
  }
}

function removeNamespace(name: string): void {
  const pids = execFileSync("ip", ["netns", "pids", name], { encoding: "utf8" }).trim();
  for (const pid of pids === "" ? [] : pids.split("\n")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {}
  }
  ip("netns", "delete", name);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Leaves a watcher behind that cleans up when this process ends, however it ends. */
export function watchOver(folder: string): void {
  const script = `while kill -0 ${process.pid} 2>/dev/null; do sleep 0.5; done
for n in $(ip netns list | cut -d' ' -f1 | grep '^${OWN}-'); do for p in $(ip netns pids $n); do kill -9 $p; done; ip netns delete $n; done
umount -l ${folder}/*/state/bpf 2>/dev/null; rm -rf ${folder}`;
  spawn("sh", ["-c", script], { detached: true, stdio: "ignore" }).unref();
}

export class Lab {
  readonly folder: string;
  private readonly places: readonly Place[];
  private readonly children = new Set<ChildProcess>();
  private readonly id: number;
  private static count = 0;

  constructor(root: string, withGateway = false) {
    this.id = Lab.count++;
    this.folder = mkdtempSync(join(root, "lab-"));
    this.places = withGateway ? ["client", "gateway", "server"] : ["client", "server"];
    for (const place of this.places) {
      ip("netns", "add", this.name(place));
      ip("-n", this.name(place), "link", "set", "lo", "up");
    }
    if (withGateway) {
      this.join("client", "eth0", "gateway", "west");
      this.join("gateway", "east", "server", "eth0");
    } else this.join("client", "eth0", "server", "eth0");
    for (const [place, four, six] of [
      ["client", CLIENT4, CLIENT6],
      ["server", SERVER4, SERVER6],
    ] as const) {
      ip("-n", this.name(place), "addr", "add", `${four}/24`, "dev", "eth0");
      ip("-n", this.name(place), "addr", "add", `${six}/64`, "dev", "eth0", "nodad");
    }
  }

  name(place: Place): string {
    return `${OWN}-${this.id}${place}`;
  }

  private join(place: Place, device: string, other: Place, otherDevice: string): void {
    const [left, right] = [this.name(place), this.name(other)];
    ip("-n", left, "link", "add", device, "type", "veth", "peer", "name", otherDevice, "netns", right);
    ip("-n", left, "link", "set", device, "up");
    ip("-n", right, "link", "set", otherDevice, "up");
  }

  /**
   * Starts a program; it ends with the lab. Only its network is another: with a mount namespace of its own, as `ip netns exec` makes one,
   * what it pins in a bpf file system would go with it.
   */
  spawn(place: Place, command: string, args: readonly string[], stdio: "pipe" | "ignore" = "pipe"): ChildProcess {
    const child = spawn("nsenter", [`--net=/run/netns/${this.name(place)}`, "--", command, ...args], {
      // A socket as its standard input would tell a server that it was started for one connection.
      stdio: [stdio, stdio, stdio],
    });
    this.children.add(child);
    child.once("exit", () => this.children.delete(child));
    return child;
  }

  /** Runs a program to its end. */
  run(place: Place, command: string, ...args: string[]): Promise<Output> {
    const child = this.spawn(place, command, args);
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (bytes: Buffer) => {
      stdout += bytes.toString("latin1");
    });
    child.stderr?.on("data", (bytes: Buffer) => {
      stderr += bytes.toString("latin1");
    });
    child.stdin?.end();
    return new Promise((resolve) => child.once("close", (status) => resolve({ status: status ?? -1, stdout, stderr })));
  }

  shell(place: Place, script: string): Promise<Output> {
    return this.run(place, "sh", "-c", script);
  }

  /** Ends every program, removes the namespaces and the folder. */
  close(): void {
    for (const child of this.children) child.kill("SIGKILL");
    for (const place of this.places) removeNamespace(this.name(place));
    for (const name of readdirSync(this.folder)) {
      if (name !== "state") continue;
      try {
        execFileSync("umount", ["-l", join(this.folder, name, "bpf")], { stdio: "ignore" });
      } catch {}
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The folder of this run. */
export function runFolder(): string {
  return mkdtempSync(join(tmpdir(), "vpatch-linux-"));
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until `done` holds. @throws Error naming `what` after `limit` milliseconds */
export async function until(what: string, done: () => boolean | Promise<boolean>, limit = 10_000): Promise<void> {
  const end = Date.now() + limit;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${limit} ms`);
    await sleep(20);
  }
}
