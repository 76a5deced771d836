/** Codes shared by the core, the compiler and the hosts. Portable: plain enums, imported by AssemblyScript and TypeScript alike. */

/** Major in the upper 16 bits (a change breaks linked agents), minor in the lower 16 (only additions). */
export const ABI_VERSION = 0x0001_0000;
