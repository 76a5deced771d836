/** Loaded before a command (`--import`): at its end says on stderr what it took, in KB and microseconds. */
process.on("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.stderr.write(`resident ${maxRSS} processor ${userCPUTime + systemCPUTime}\n`);
});
