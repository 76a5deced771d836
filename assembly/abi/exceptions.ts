/** What exception policies are for (Suricata manual, "Exception Policies"). Order: counters `exception_policy.*`, bits of `Flow.exceptions`. */
export enum ExceptionPool {
  None = -1,
  DefragMemcap = 0,
  StreamMemcap = 1,
  StreamReassemblyMemcap = 2,
  FlowMemcap = 3,
  StreamMidstream = 4,
  AppLayerError = 5,
  COUNT = 6,
}

/** Policies that do something: all but `Ignore`. */
export const POLICIES_COUNTED = 7;
