/** The part of the check that looks into one condition: every offset and count it holds. */
import {
  CompareField,
  Condition,
  DcerpcInterfaceField,
  DcerpcOpnumField,
  EntropyField,
  FlowBitsField,
  FlowIntField,
  FlowVariableField,
  Op,
  RpcField,
  XbitsField,
} from "../abi/conditions";
import {
  Asn1Field,
  Base64Field,
  ByteExtractField,
  ByteJumpField,
  ByteMathField,
  ByteTestField,
  CaptureField,
  ContentField,
  DatasetField,
  PcreField,
} from "../abi/content_conditions";
import { inside } from "./bounds";

/** Byte variables a rule may have. */
export const BYTE_VARIABLES: u32 = 32;

/** Is the condition at `c`, `length` bytes long (>= 8, inside), sound? Ops without offsets need only their length. */
export function checkCondition(c: usize, length: i32): bool {
  switch (<u32>load<u16>(c, Condition.op)) {
    case Op.Content: {
      if (length < ContentField.size) return false;
      const n = <u32>load<u16>(c, ContentField.length);
      const replace = <u32>load<u16>(c, ContentField.replaceLength);
      if (n == 0 || !inside(load<u32>(c, ContentField.pattern), n)) return false;
      return replace == 0 || (replace <= n && inside(load<u32>(c, ContentField.replace), replace));
    }
    case Op.Pcre: {
      if (length < PcreField.size) return false;
      const captures = <i32>load<u16>(c, PcreField.captures);
      if (length < PcreField.size + captures * CaptureField.size) return false;
      const program = load<u32>(c, PcreField.program);
      return (program & 7) == 0 && inside(program, load<u32>(c, PcreField.programLength));
    }
    case Op.ByteTest:
      return length >= ByteTestField.size;
    case Op.ByteJump:
      return length >= ByteJumpField.size;
    case Op.ByteExtract:
      return length >= ByteExtractField.size && load<u32>(c, ByteExtractField.variable) < BYTE_VARIABLES;
    case Op.ByteMath:
      return length >= ByteMathField.size && load<u32>(c, ByteMathField.variable) < BYTE_VARIABLES;
    case Op.Bsize:
    case Op.Urilen:
    case Op.Compare:
    case Op.TxCompare:
      return length >= CompareField.size;
    case Op.Entropy:
      return length >= EntropyField.size;
    case Op.Base64Decode:
      return length >= Base64Field.size;
    case Op.Asn1:
      return length >= Asn1Field.size;
    case Op.Dataset:
      return length >= DatasetField.size;
    case Op.FlowBits:
      return length >= FlowBitsField.names + <i32>load<u16>(c, FlowBitsField.count) * 4;
    case Op.FlowInt:
      return length >= FlowIntField.size;
    case Op.Xbits:
      return length >= XbitsField.size;
    case Op.DcerpcInterface:
      return length >= DcerpcInterfaceField.size;
    case Op.DcerpcOpnum:
      return length >= DcerpcOpnumField.ranges + <i32>load<u16>(c, DcerpcOpnumField.count) * 4;
    case Op.FlowVariable:
      return (
        length >= FlowVariableField.size &&
        inside(load<u32>(c, FlowVariableField.value), <u32>load<u16>(c, FlowVariableField.length))
      );
    case Op.Rpc:
      return length >= RpcField.size;
    case Op.Absent:
    case Op.SameIp:
    case Op.FtpBounce:
    case Op.Never:
    case Op.Bypass:
    case Op.FileStore:
      return true;
    default:
      return length >= 16;
  }
}
