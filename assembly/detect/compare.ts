/** Numbers against a CompareField: every integer keyword (Suricata manual, integer keywords). */
import { CompareField, CompareMode } from "../abi/conditions";

export function compareNumber(x: u64, c: usize): bool {
  const a = load<u64>(c, CompareField.a);
  const b = load<u64>(c, CompareField.b);
  switch (<u32>load<u8>(c, CompareField.mode)) {
    case CompareMode.Equal:
      return x == a;
    case CompareMode.NotEqual:
      return x != a;
    case CompareMode.Less:
      return x < a;
    case CompareMode.LessOrEqual:
      return x <= a;
    case CompareMode.Greater:
      return x > a;
    case CompareMode.GreaterOrEqual:
      return x >= a;
    case CompareMode.Range:
      return x > a && x < b;
    case CompareMode.NotRange:
      return !(x > a && x < b);
    case CompareMode.Inclusive:
      return x >= a && x <= b;
    case CompareMode.Mask:
      return (x & a) == b;
    case CompareMode.NotMask:
      return (x & a) != b;
    case CompareMode.And:
      return (x & a) != 0;
    case CompareMode.Xor:
      return (x ^ a) != 0;
    default:
      return false;
  }
}
