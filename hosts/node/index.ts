/**
 * The library: `import { Engine, compileRules } from "vpatch"`.
 *
 * Compile rules (or read a database), make an {@link Engine}, write frames, inspect, read verdicts and events. `examples/library.ts` shows it.
 */
export { AppProto, DropReason, LinkType, Verdict } from "../../assembly/abi/codes.ts";
export { Counter } from "../../assembly/abi/counters.ts";
export { EventFlag, EventType } from "../../assembly/abi/frames.ts";
export type { CapturedFrame } from "./capture/frame.ts";
export { readCapture } from "./capture/reader.ts";
export { CaptureWriter } from "./capture/writer.ts";
export {
  defaultConfiguration,
  makeConfiguration,
  type RawConfiguration,
  readConfiguration,
} from "./config/configuration.ts";
export type { Configuration } from "./config/schema/root.ts";
export {
  ContainedEngine,
  type ContainmentOptions,
  type ContainmentStatus,
  type Crash,
  type CrashFrame,
  type FailurePolicy,
} from "./engine/containment.ts";
export { type CoreBinary, type CoreBuild, coreBinary } from "./engine/core.ts";
export type { CrashLoop } from "./engine/crash-loop.ts";
export {
  CoreTrap,
  Engine,
  type EngineOptions,
  type EngineReply,
  type FrameInput,
  type InspectionEngine,
  isPassed,
} from "./engine/engine.ts";
export type { Mode } from "./engine/settings.ts";
export { type ErrorCode, type ErrorLocation, ExitCode, formatError, VpatchError } from "./errors.ts";
export { type EveContext, eventName, formatEvent } from "./eve/format.ts";
export { EveLog, fileSink, type LineSink } from "./eve/log.ts";
export { EventView } from "./eve/record.ts";
export type { RuleDescription } from "./eve/rules.ts";
export { type Evidence, type EvidenceManifest, readEvidence, writeEvidence } from "./evidence/container.ts";
export { writeCrashEvidence } from "./evidence/crash.ts";
export { EvidenceRecorder, type RecorderOptions } from "./evidence/recorder.ts";
export { type EvidenceReplay, replayEvidence } from "./evidence/replay.ts";
export { readAssignments } from "./policy/assigned.ts";
export { parsePolicy, readPolicy } from "./policy/document.ts";
export {
  applyPolicy,
  type EffectiveAdjustment,
  type EffectiveOptions,
  type EffectiveRule,
  type EffectiveSet,
  type PolicyWarning,
} from "./policy/effective.ts";
export { effectiveSet, type PolicyInput } from "./policy/load.ts";
export { EMPTY_POLICY, type Policy, type Posture } from "./policy/policy.ts";
export { Replay, type ReplayOptions, type ReplaySummary } from "./replay/replay.ts";
export {
  type CompiledRules,
  type CompileReport,
  compileEffective,
  compileRuleFiles,
  compileRules,
  type Refusal,
} from "./rules/compile.ts";
export type { RuleSource } from "./rules/files.ts";
