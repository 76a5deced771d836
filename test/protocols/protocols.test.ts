/** What the parsers make of each protocol: the Markdown files beside this one, in the form of `test/cases/case.ts`. */
import { testCases } from "../cases/check.ts";

testCases("protocols", new URL(".", import.meta.url));
