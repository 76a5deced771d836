/** The commands of control.ts. */
import type { RuleStatus } from "../agent/rule-set.ts";
import type { SelfTestResult } from "../agent/self-test.ts";
import type { AgentStatus, ScanStatus } from "../agent/status.ts";
import { ask, follow } from "../control/client.ts";
import type { Mode } from "../engine/settings.ts";
import { ExitCode } from "../errors.ts";
import { formatTable } from "../terminal/table.ts";

interface SocketOptions {
  socket: string;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Status 0 when the machine is protected or watched, as the mode says; else 1. */
export async function statusCommand(options: SocketOptions & { json?: boolean }): Promise<void> {
  const status = await ask<AgentStatus>(options.socket, { command: "status" });
  print(options.json ? JSON.stringify(status, null, 1) : statusText(status));
  if (status.protection === "unprotected") process.exitCode = ExitCode.Failure;
}

export async function modeCommand(mode: Mode, options: SocketOptions): Promise<void> {
  const result = await ask<{ mode: Mode; driver: string }>(options.socket, { command: "mode", mode });
  print(`${result.mode} (${result.driver})`);
}

export async function reloadCommand(options: SocketOptions): Promise<void> {
  const rules = await ask<RuleStatus>(options.socket, { command: "reload" });
  print(`${rules.rules} rules in force${rules.refused > 0 ? `, ${rules.refused} refused` : ""}`);
  for (const { file, line, sid, reason } of rules.refusals) print(`  ${file}:${line}: rule ${sid ?? ""}: ${reason}`);
}

export async function rescanCommand(options: SocketOptions): Promise<void> {
  const { summary, problems } = await ask<ScanStatus>(options.socket, { command: "scan" });
  if (summary) print(scanText(summary));
  for (const problem of problems) print(`note: ${problem}`);
}

export async function selfTestCommand(options: SocketOptions): Promise<void> {
  const { result, detail } = await ask<SelfTestResult>(options.socket, { command: "self-test" });
  print(`${result}: ${detail}`);
  if (result !== "passed") process.exitCode = ExitCode.Failure;
}

export async function eventsCommand(options: SocketOptions & { type?: string[] }): Promise<void> {
  for await (const line of follow(options.socket, options.type)) print(line);
}

export async function stopCommand(options: SocketOptions): Promise<void> {
  await ask(options.socket, { command: "stop" });
}

const number = (value: number): string => value.toLocaleString("en-US");

function scanText({ openCves, rules }: NonNullable<ScanStatus["summary"]>): string {
  return `${openCves} open CVEs; rules: ${rules.applied} applied, ${rules.retiring} retiring, ${rules.recommended} recommended`;
}

function statusText(status: AgentStatus): string {
  const { traffic, rules, selfTest, scan, workers } = status;
  const rows = [
    ["protection", status.protection],
    ...status.reasons.map((reason) => ["", reason]),
    ["mode", status.mode],
    ["driver", `${status.driver ?? "none"} on ${status.interfaces.join(", ")}`],
    ["workers", `${workers.count}, ${workers.restarts} restarts`],
    ["rules", `${number(rules.rules)}, ${rules.assigned} assigned, ${rules.refused} refused, since ${rules.since}`],
    ["reloads", `${rules.reloads.done} done, ${rules.reloads.failed} refused`],
    ...(traffic ? trafficRows(traffic) : []),
    ["alerts", `${number(status.alerts.all)}, ${number(status.alerts.blocked)} blocked`],
    ...status.outputs.map(({ name, lines, dropped, problem }) => [
      "output",
      `${name}: ${number(lines)} lines, ${number(dropped)} dropped${problem ? ` (${problem})` : ""}`,
    ]),
    ...(selfTest
      ? [["self-test", `${selfTest.result}, ${new Date(selfTest.time).toISOString()}: ${selfTest.detail}`]]
      : []),
    ...(scan
      ? [["scan", scan.summary ? `${scan.last}: ${scanText(scan.summary)}` : scan.running ? "running" : "none yet"]]
      : []),
    ["agent", `${status.agent.id}, version ${status.version}, process ${status.pid} since ${status.since}`],
    ["memory", `${(status.memory / 1e6).toFixed(0)} MB`],
  ];
  return formatTable(["", ""], rows);
}

function trafficRows(traffic: NonNullable<AgentStatus["traffic"]>): string[][] {
  const { frames, passed, dropped, rejected, bypassed, lost, errors } = traffic;
  return [
    ["frames", `${number(frames)}: ${number(passed)} passed, ${number(dropped)} dropped, ${number(rejected)} rejected`],
    ["uninspected", `${number(bypassed)} bypassed, ${number(lost)} lost, ${number(errors)} errors`],
  ];
}
