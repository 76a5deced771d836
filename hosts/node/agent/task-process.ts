/** The process of a task (child-task.ts): one request, one answer, and it ends. */
import { formatLocation, VpatchError } from "../errors.ts";
import type { TaskAnswer, TaskRequest, Tasks } from "./child-task.ts";

process.once("message", async (request: TaskRequest) => {
  const answer = await work(request);
  process.send?.(answer, () => process.disconnect());
});

async function work({ task, input }: TaskRequest): Promise<TaskAnswer> {
  try {
    if (task === "compile") {
      const { compileTask } = await import("./compile-task.ts");
      return { ok: true, outcome: await compileTask(input as Tasks["compile"]["input"]) };
    }
    const { scanTask } = await import("./scan-task.ts");
    return { ok: true, outcome: await scanTask(input as Tasks["scan"]["input"]) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!(error instanceof VpatchError)) return { ok: false, error: { message } };
    const where = formatLocation(error.location);
    const { code, remedy } = error;
    return {
      ok: false,
      error: { code, message: where ? `${where}: ${message}` : message, ...(remedy ? { remedy } : {}) },
    };
  }
}
