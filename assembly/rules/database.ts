/**
 * The rule database in force. Contract: `enforce` is called only for a candidate that `checkDatabase` and the checks of literal tables
 * and regex programs accepted; after that no reader of these addresses needs a check.
 */
import { Section } from "../abi/database";
import { candidate } from "./bounds";
import { countOf, startOf } from "./sections";

/** Counts the databases that were in force: what was remembered about one means nothing in the next. */
export let generation: u32 = 0;
/** First byte of the database in force, 0 for none. */
export let database: usize = 0;
export let databaseLength: u32 = 0;
export let rules: usize = 0;
export let ruleCount: u32 = 0;
export let lists: usize = 0;
export let addressSets: usize = 0;
export let addressSetCount: u32 = 0;
export let portSets: usize = 0;
export let portSetCount: u32 = 0;
export let buffers: usize = 0;
export let bufferCount: u32 = 0;
export let prefilters: usize = 0;
export let prefilterCount: u32 = 0;
export let ruleIndices: usize = 0;
export let ruleLists: usize = 0;
export let ruleListCount: u32 = 0;
export let addressIndexes: usize = 0;
export let addressIndexCount: u32 = 0;
export let datasets: usize = 0;
export let datasetCount: u32 = 0;
export let exceptions: usize = 0;

/** Puts the checked candidate in force. */
export function enforce(length: u32): void {
  generation++;
  database = candidate;
  databaseLength = length;
  rules = startOf(Section.Rules);
  ruleCount = countOf(Section.Rules);
  lists = startOf(Section.Lists);
  addressSets = startOf(Section.AddressSets);
  addressSetCount = countOf(Section.AddressSets);
  portSets = startOf(Section.PortSets);
  portSetCount = countOf(Section.PortSets);
  buffers = startOf(Section.Buffers);
  bufferCount = countOf(Section.Buffers);
  prefilters = startOf(Section.Prefilters);
  prefilterCount = countOf(Section.Prefilters);
  ruleIndices = startOf(Section.RuleIndices);
  ruleLists = startOf(Section.RuleLists);
  ruleListCount = countOf(Section.RuleLists);
  addressIndexes = startOf(Section.AddressIndexes);
  addressIndexCount = countOf(Section.AddressIndexes);
  datasets = startOf(Section.Datasets);
  datasetCount = countOf(Section.Datasets);
  exceptions = startOf(Section.Exceptions);
}
