import { assertEquals, assertStringIncludes } from "@std/assert";
import { runCode } from "./run_code.ts";

const CODE = `
import { chooseWarehouse } from "LIB/cli/warehouse_choice.ts";
const [folder, dialects, warehouse] = Deno.args;
Deno.chdir(folder);
for (const dialect of dialects.split(",")) {
  Deno.mkdirSync("sql/rides/" + dialect, { recursive: true });
}
const texts = warehouse ? { warehouse } : {};
console.log(Object.values(await chooseWarehouse("rides", { texts })).join(": "));
`;

async function choice(
  dialects: string,
  { warehouse = "", ...env }: Record<string, string> = {},
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice_test_" });
  try {
    const { code, stdout, stderr } = await runCode(CODE, {
      args: [folder, dialects, warehouse],
      env: { BIGQUERY_URL: "", ...env },
    });
    assertEquals(code, 0, stderr);
    return stdout.trim();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const SET = { BIGQUERY_URL: "bigquery://p/EU?dataset=d" };

Deno.test("the warehouse that is asked for is taken, whatever is set", async () => {
  const given = { ...SET, warehouse: "sqlite" };
  assertEquals(await choice("sqlite,bigquery", given), "sqlite: --warehouse");
});

Deno.test("BigQuery is taken where it is set and the job has files for it", async () => {
  assertEquals(
    await choice("sqlite,bigquery", SET),
    "bigquery: BIGQUERY_URL is set",
  );
  assertEquals(
    await choice("sqlite,bigquery", { RIDES_BIGQUERY_URL: "bigquery://p/EU" }),
    "bigquery: RIDES_BIGQUERY_URL is set",
  );
  assertStringIncludes(
    await choice("sqlite", SET),
    "sqlite: there is no sql/rides/bigquery",
  );
});

Deno.test("without BigQuery it is SQLite, or PostgreSQL where that is all there is", async () => {
  const why = "BIGQUERY_URL is not set";
  assertEquals(await choice("sqlite,bigquery,postgres"), `sqlite: ${why}`);
  assertEquals(await choice("postgres"), `postgres: ${why}`);
});
