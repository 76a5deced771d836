/** What a benchmark suite is, and what it reports. */

export interface SuiteOptions {
  /** A quick run: less text, fewer rounds. */
  short: boolean;
  /** Folder of Suricata rules; absent: generated ones. */
  rules?: string;
  /** Folders of captures; none: generated text. */
  captures: string[];
}

/** One row of a report: what was measured, and figures by name. */
export interface Row {
  case: string;
  figures: Record<string, number>;
}

export interface Report {
  suite: string;
  /** What was compared on what, in sentences. */
  notes: string[];
  rows: Row[];
  /** Figures of the whole run. */
  summary: Record<string, number>;
  /** Reasons for the run to fail, each a sentence: ratios within this run alone. */
  failures: string[];
}

export interface Suite {
  description: string;
  run(options: SuiteOptions): Promise<Report>;
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
