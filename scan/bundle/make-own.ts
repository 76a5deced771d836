/** `npm run build:bundle`. */
import { writeOwnBundle } from "./own.ts";

await writeOwnBundle();
