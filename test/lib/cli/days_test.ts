import { assertEquals, assertThrows } from "@std/assert";
import { dayFiles, eachDay } from "../../../scripts/lib/cli/days.ts";
import { UsageError } from "../../../scripts/lib/cli/inputs.ts";

function found(source: string, texts: Record<string, string> = {}) {
  return dayFiles(source, { texts });
}

function refused(source: string, texts: Record<string, string>, text: string) {
  assertThrows(() => found(source, texts), UsageError, text);
}

const TODAY = new Date().toISOString().slice(0, 10);

Deno.test("the day stands in the name of the file, wherever the file is", () => {
  for (
    const source of [
      "rides_20210403.csv",
      "/a/20200101/rides_20210403.csv.gz",
      "https://rides.example.org/data/rides-2021-04-03.csv?until=20220101",
      "s3://rides/2020-01-01/20210403",
    ]
  ) assertEquals(found(source)[0].day, "2021-04-03", source);
});

Deno.test("a name with no day is a full delivery of today, and says so", () => {
  const [file] = found("https://rides.example.org/20210403/rides.csv");
  assertEquals(file.day, TODAY);
  assertEquals(
    file.said,
    `rides.csv, ${TODAY}, its name has no day: a full delivery of today in UTC`,
  );
  // Longer numbers are no days.
  assertEquals(found("rides_120210403.csv")[0].day, TODAY);
});

Deno.test("--date wins over the name, with hyphens or without", () => {
  const said = "rides_20210403.csv, 2021-04-05";
  for (const date of ["2021-04-05", "20210405"]) {
    const source = "rides_20210403.csv";
    assertEquals(found(source, { date }), [{
      source,
      day: "2021-04-05",
      said,
    }]);
  }
});

Deno.test("a name that says two days, or one that does not exist, needs --date", () => {
  refused("rides_20210403_20210404.csv", {}, "give it with --date");
  refused("rides_20210230.csv", {}, "found 20210230: give it with --date");
  const [file] = found("rides_20210230.csv", { date: "2021-03-02" });
  assertEquals(file.day, "2021-03-02");
});

Deno.test("a range gives each day its file, oldest first, across a leap day", () => {
  const files = found("https://h/{yyyymmdd}/rides_{yyyymmdd}.csv", {
    from: "2020-02-28",
    to: "2020-03-01",
  });
  assertEquals(files.map(({ source, day }) => [source, day]), [
    ["https://h/20200228/rides_20200228.csv", "2020-02-28"],
    ["https://h/20200229/rides_20200229.csv", "2020-02-29"],
    ["https://h/20200301/rides_20200301.csv", "2020-03-01"],
  ]);
});

Deno.test("a place for the day is filled with --date, or with today", () => {
  const [file] = found("rides_{yyyymmdd}.csv", { date: "2021-04-05" });
  assertEquals(file.source, "rides_20210405.csv");
  const [today] = found("rides_{yyyymmdd}.csv");
  assertEquals(today.source, `rides_${TODAY.replaceAll("-", "")}.csv`);
  assertEquals(today.said.endsWith("today in UTC"), true);
});

Deno.test("half a range, a range beside --date, or one without a place is refused", () => {
  const source = "rides_{yyyymmdd}.csv";
  const whole = { from: "2021-04-01", to: "2021-04-02" };
  refused(source, { from: "2021-04-01" }, "--from and --to");
  refused(source, { to: "2021-04-01" }, "--from and --to");
  refused(source, { ...whole, date: "2021-04-01" }, "--from and --to");
  refused("rides.csv", whole, "expected {yyyymmdd} in the file or URL");
  refused(source, { from: "2021-04-02", to: "2021-04-01" }, "no later than");
});

Deno.test("what is no day is refused", () => {
  for (const date of ["2021-02-29", "yesterday", "2021-4-3", "210403", ""]) {
    refused("rides.csv", { date }, `--date to be a day like 2021-04-03`);
  }
});

const FILES = ["1", "2", "3"].map((day) => ({
  source: day,
  day: `2021-04-0${day}`,
  said: day,
}));

async function work(failing: unknown, skips: boolean) {
  const done: string[] = [];
  const warned: string[] = [];
  const report = { warn: (text: string) => warned.push(text) };
  await eachDay(
    FILES,
    // deno-lint-ignore no-explicit-any
    { report, switches: { "skip-missing": skips } } as any,
    ({ day, source }) => {
      if (source === "2") throw failing;
      done.push(day);
      return Promise.resolve();
    },
  ).catch((error) => {
    assertEquals(error, failing);
    done.push("failed");
  });
  return { done, warned };
}

Deno.test("a day that is missing stops the days after it, unless it may be skipped", async () => {
  const missing = new Error("Cannot land 2: nothing there", {
    cause: new Deno.errors.NotFound(),
  });
  assertEquals(await work(missing, false), {
    done: ["2021-04-01", "failed"],
    warned: [],
  });
  assertEquals(await work(missing, true), {
    done: ["2021-04-01", "2021-04-03"],
    warned: ["Cannot land 2: nothing there: left out"],
  });
});

Deno.test("what fails in another way stops the days, also where they may be missing", async () => {
  const broken = new Error("Cannot fetch 2", { cause: { status: 403 } });
  assertEquals((await work(broken, true)).done, ["2021-04-01", "failed"]);
});
