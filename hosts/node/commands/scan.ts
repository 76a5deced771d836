/** `vpatch scan`, `vpatch recommend` and `vpatch db`: their options. What they do is loaded when they run. */
import type { Command } from "commander";

const defaultState = process.platform === "win32" ? "C:\\ProgramData\\vpatch" : "/var/lib/vpatch";

/** Adds the commands of the recommended scan. */
export function registerScanCommands(program: Command): void {
  registerScan(program);
  registerRecommend(program);
  registerDb(program);
}

/** Options of everything that scans. */
function withScanOptions(command: Command): Command {
  return command
    .option("--root <dir>", "scan the system installed below this folder, with the processes that run in it", "/")
    .option("--inventory <file>", "take the inventory from this file instead of this host")
    .option("--sbom <file>", "take the inventory from a bill of materials (CycloneDX or SPDX, JSON)")
    .option("--windows-export <dir>", "take the inventory from a folder that collect.cmd wrote on a Windows host")
    .option("--no-walk", "leave out the file walk (jars, language packages, products in unusual places)")
    .option(
      "--rules <path...>",
      "rule files or folders to choose from (default: the bundle's and the packaged signatures)",
    )
    .option("--state <dir>", "where assignments and bundles are kept", defaultState)
    .option("--key <file...>", "public keys of trusted bundle publishers (default: <state>/keys/*.pem)")
    .option("--mode <mode>", "what applied rules do once the agent prevents: detect or prevent", "prevent")
    .option("--min-confidence <number>", "least confidence to apply a rule by itself", "0.8")
    .option("--recommend-only", "apply nothing by itself")
    .option("--disabled-rules", "also choose rules that are shipped commented out");
}

function registerScan(program: Command): void {
  withScanOptions(program.command("scan"))
    .description("find what is vulnerable on this host, and which virtual patches protect it")
    .option("--format <format>", "table, json, vex (CycloneDX), sbom (CycloneDX) or inventory", "table")
    .option("--output <file>", "write the report to a file")
    .option("--apply", "store the result as the new assignments")
    .action(async (options) => (await import("./scan-run.ts")).scanCommand(options));
}

function registerRecommend(program: Command): void {
  const recommend = program.command("recommend").description("the virtual patches assigned to this host");
  const state = (command: Command): Command =>
    command.option("--state <dir>", "where assignments are kept", defaultState);
  state(recommend.command("list"))
    .description("show the assignments")
    .option("--format <format>", "table or json", "table")
    .action(async (options) => (await import("./recommend-run.ts")).listCommand(options));
  withScanOptions(recommend.command("apply"))
    .description("scan, and store what is recommended, applied and retired")
    .option("--policy-output <file>", "write the engine's policy (JSON)")
    .option("--rules-output <file>", "write the rules in force as a rule file")
    .action(async (options) => (await import("./recommend-run.ts")).applyCommand(options));
  state(recommend.command("explain <sid>"))
    .description("why a rule is, or is not, in force here")
    .action(async (sid, options) => (await import("./recommend-run.ts")).explainCommand(sid, options));
  state(recommend.command("pin <sid>"))
    .description("keep a rule in force whatever the scan finds")
    .option("--mode <mode>", "detect or prevent", "prevent")
    .option("--note <text>", "why", "pinned by the operator")
    .option("--remove", "let the scan decide again")
    .action(async (sid, options) => (await import("./recommend-run.ts")).pinCommand(sid, options));
  state(recommend.command("suppress <sid>"))
    .description("keep a rule out of force whatever the scan finds")
    .option("--note <text>", "why", "suppressed by the operator")
    .option("--remove", "let the scan decide again")
    .action(async (sid, options) => (await import("./recommend-run.ts")).suppressCommand(sid, options));
}

function registerDb(program: Command): void {
  const db = program.command("db").description("vulnerability bundles: build, sign, fetch, check");
  db.command("build")
    .description("build a bundle from dumps on disk, restricted to CVEs that have a rule")
    .requiredOption("--output <dir>", "folder of the bundle")
    .option("--rules <path...>", "rule files, folders or archives; without, every CVE is kept")
    .option(
      "--source <kind=path...>",
      "osv, dsa, debian-cve, debian-json, windows, kev, epss, cve or advisories, and where it is",
      [],
    )
    .option("--suites <names>", "Debian suites that debian-cve applies to", "bullseye,bookworm,trixie")
    .option("--serial <number>", "serial (default: seconds since 1970)")
    .option("--days <number>", "days until it expires", "30")
    .option("--key <file>", "Ed25519 private key to sign with (PEM)")
    .action(async (options) => (await import("./db-run.ts")).buildCommand(options));
  db.command("keygen <name>")
    .description("make a key pair: <name>.key (private) and <name>.pem (public)")
    .action(async (name) => (await import("./db-run.ts")).keygenCommand(name));
  const trusting = (command: Command): Command =>
    command
      .option("--state <dir>", "where bundles are kept", defaultState)
      .option("--key <file...>", "public keys of trusted publishers (default: <state>/keys/*.pem)");
  trusting(db.command("verify [dir]"))
    .description("check a bundle: signature, digest, expiry (default: the one in force)")
    .action(async (folder, options) => (await import("./db-run.ts")).verifyCommand(folder, options));
  trusting(db.command("import <dir>"))
    .description("check a bundle and put it in force")
    .action(async (folder, options) => (await import("./db-run.ts")).importCommand(folder, options));
  trusting(db.command("mirror <url> <dir>"))
    .description("fetch a published bundle into a folder, from which other hosts import it")
    .action(async (url, folder, options) => (await import("./db-run.ts")).mirrorCommand(url, folder, options));
}
