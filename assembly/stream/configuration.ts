/** The stream settings, read at configure and with every database: the host may have changed the mode. */
import { Setting } from "../abi/settings";
import { setting } from "../memory/settings";

export enum UrgentPolicy {
  /** Urgent bytes are out of band: taken out of the stream. */
  OutOfBand = 0,
  Inline = 1,
  Drop = 2,
  /** Urgent bytes leave a gap. */
  Gap = 3,
}

/** stream.inline: data is handed out with its packet, before it is acknowledged. */
export let inlineMode: bool = false;
export let midstream: bool = false;
export let asyncOneside: bool = false;
export let bypassEnabled: bool = false;
export let dropInvalid: bool = true;
/** prevention: frames may be rewritten and dropped. */
export let prevent: bool = false;
export let validateChecksums: bool = true;
export let maxSynQueued: u32 = 10;
export let maxSynAckQueued: u32 = 5;
export let maxRegions: u32 = 8;
export let urgentPolicy: u32 = UrgentPolicy.OutOfBand;
export let urgentLimitPolicy: u32 = UrgentPolicy.Drop;
export let sessionPolicy: u32 = 0;
export let reassemblyPolicy: u32 = 0;
export let midstreamPolicy: u32 = 0;
let toServerChunk: u32 = 2560;
let toClientChunk: u32 = 2560;

/** Takes the settings over. */
export function loadConfiguration(): void {
  prevent = setting(Setting.Prevent) != 0;
  inlineMode = setting(Setting.StreamInline) != 0;
  midstream = setting(Setting.Midstream) != 0;
  asyncOneside = setting(Setting.AsyncOneside) != 0;
  bypassEnabled = setting(Setting.StreamBypass) != 0;
  dropInvalid = setting(Setting.DropInvalid) != 0;
  validateChecksums = setting(Setting.StreamChecksumValidation) != 0;
  maxSynQueued = min<u32>(setting(Setting.MaxSynQueued), 255);
  maxSynAckQueued = min<u32>(setting(Setting.MaxSynAckQueued), 255);
  maxRegions = setting(Setting.MaxRegions);
  urgentPolicy = setting(Setting.UrgentPolicy);
  urgentLimitPolicy = setting(Setting.UrgentOobLimitPolicy);
  sessionPolicy = setting(Setting.StreamMemcapPolicy);
  reassemblyPolicy = setting(Setting.ReassemblyMemcapPolicy);
  midstreamPolicy = setting(Setting.MidstreamPolicy);
  toServerChunk = setting(Setting.ToServerChunk);
  toClientChunk = setting(Setting.ToClientChunk);
}

/** Bytes inspected at a time in one direction (`toserver-chunk-size`, `toclient-chunk-size`). */
export function chunkSize(direction: u32): u32 {
  return direction == 0 ? toServerChunk : toClientChunk;
}
