/**
 * doctor: settings, stores, warehouses and migrations, one line each.
 *
 *   deno task doctor
 *   deno task doctor ads --quiet
 *
 * It changes no data. The exit code is 3 when something is wrong; its line says
 * what to do.
 */
import { JOB_FLAGS, unknownSettings, variable } from "../lib/cli/inputs.ts";
import { main } from "../lib/cli/main.ts";
import { chosenJobs } from "../lib/cli/names.ts";
import { examine } from "../lib/run/doctor.ts";

await main(
  {
    arguments: ["[<job> …]"],
    counts: "any",
    flags: { warehouse: JOB_FLAGS.warehouse },
  },
  async (task) => {
    const names = await chosenJobs(task.arguments);
    const wrong: string[] = [];
    const tell = (ok: boolean, text: string) => {
      if (ok) task.report.line(`ok     ${text}`);
      else wrong.push(text);
    };
    const unknown = unknownSettings();
    for (const { name, nearest } of unknown) {
      tell(false, `settings  .env has ${name}: did you mean ${nearest}?`);
    }
    if (!unknown.length) tell(true, "settings  every name in .env is known");
    const findings = [];
    for (const job of names) {
      const found = await examine(job, task);
      // Who does not use a job need not set anything for it.
      const is_used = task.arguments.includes(job) ||
        found.some(({ part }) => part === "objects");
      for (const name of await missingVariables(job)) {
        const part = "settings" as const;
        const text = `${name} is not set: see .env.example`;
        found.unshift({ job, part, ok: !is_used, found: text });
      }
      for (const finding of found) {
        findings.push(finding);
        tell(finding.ok, `${job}  ${finding.part}  ${finding.found}`);
      }
    }
    task.report.result({ unknown_settings: unknown, findings });
    if (!wrong.length) return;
    throw Object.assign(
      new Error(
        `Something is wrong:\n${
          wrong.map((text) => `wrong  ${text}`).join("\n")
        }`,
      ),
      { exit_code: 3 },
    );
  },
);

/** The variables without which the script of a job does not start. */
async function missingVariables(job: string): Promise<string[]> {
  const script = new URL(`../${job}.ts`, import.meta.url);
  const text = await Deno.readTextFile(script).catch(() => "");
  return [...text.matchAll(/\brequiredVariable\("(\w+)"/g)]
    .map(([, name]) => name).filter((name) => !variable(name));
}
