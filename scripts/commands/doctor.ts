/**
 * doctor: settings, stores, warehouses and migrations, one line each.
 *
 *   deno task doctor
 *   deno task doctor ads --quiet
 *
 * It changes no data. The exit code is 3 when something is wrong; its line says
 * what to do.
 */
import { JOB_FLAGS, unknownSettings } from "../lib/cli/inputs.ts";
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
      for (const finding of await examine(job, task)) {
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
