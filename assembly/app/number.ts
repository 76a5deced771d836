/** The number a `<protocol>Number` getter found, for detection. */
export let foundNumber: u64 = 0;

/** Hands a number over. Returns true, so that a getter may end with it. */
export function number(value: u64): bool {
  foundNumber = value;
  return true;
}
