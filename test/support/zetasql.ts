/** ZetaSQL, which BigQuery's own parser and analyzer is: judges SQL, computes selects. */
import { type GrpcClient, grpcClient } from "./grpc.ts";
import { bytesOf, type Field, message, readMessage } from "./protobuf.ts";
import { ENABLED_FEATURES, STATEMENT_KINDS } from "./zetasql_options.ts";

const PROGRAM = `${
  Deno.env.get("SLUICE_HOME") ?? ".sluice"
}/servers/zetasql/remote_server`;

/** Why the tests that need it cannot run; undefined when they can. */
export const ZETASQL_MISSING: string | undefined = isThere(PROGRAM)
  ? undefined
  : `${PROGRAM} is not there: deno task servers`;

/** Registers a test that needs it; without it the test is skipped, or fails in CI. */
export function zetaSqlTest(
  sentence: string,
  story: (zetasql: ZetaSql) => Promise<void>,
): void {
  const name = ZETASQL_MISSING ? `${sentence} (${ZETASQL_MISSING})` : sentence;
  Deno.test({
    name,
    ignore: ZETASQL_MISSING !== undefined && !Deno.env.get("REQUIRE_ALL"),
    fn: async () => {
      await using zetasql = await ZetaSql.start();
      await story(zetasql);
    },
  });
}

/** A table as the server knows it, with rows for those who compute. */
export interface Table {
  /** One message per column: its name and its type. */
  columns: Uint8Array[];
  /** One message per row. */
  rows: Uint8Array[];
}

/** What SQL may name. */
export interface Catalog {
  tables: Map<string, Table>;
  /** Variables of the session. */
  variables: Map<string, { type: Uint8Array; value?: Uint8Array }>;
}

/** Ends the server with its starter, however that one ends: then its input closes. */
const KEEPER = '"$@" & server=$!; read -r _; kill -9 $server; wait';

/** A running server; disposing stops it. */
export class ZetaSql {
  private constructor(
    readonly keeper: Deno.ChildProcess,
    readonly client: GrpcClient,
  ) {}

  static async start(): Promise<ZetaSql> {
    if (ZETASQL_MISSING) {
      throw new Error(`Cannot start ZetaSQL: ${ZETASQL_MISSING}`);
    }
    const port = freePort();
    const keeper = new Deno.Command("sh", {
      args: ["-c", KEEPER, "sh", PROGRAM, "127.0.0.1", String(port)],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await reachable(port);
    const service = "zetasql.local_service.ZetaSqlLocalService";
    return new ZetaSql(keeper, grpcClient(port, service));
  }

  /** Reads a whole script, `declare` included; throws where it cannot. */
  async parse(script: string): Promise<void> {
    const question = message([[1, script], [2, LANGUAGE], [4, true]]);
    await this.client.call("Parse", question);
  }

  /** Judges one statement; what is wrong ends with its place, `[at 3:14]`. */
  async analyze(statement: string, catalog: Catalog): Promise<void> {
    const question = message([
      [1, OPTIONS],
      [2, catalogMessage(catalog)],
      [5, statement],
    ]);
    await this.client.call("Analyze", question);
  }

  /** The columns of a select, without computing it. */
  async columns(select: string, catalog: Catalog): Promise<Uint8Array[]> {
    const answer = await this.client.call(
      "PrepareQuery",
      message([[1, select], [2, OPTIONS], [4, catalogMessage(catalog)]]),
    );
    const prepared = readMessage(bytesOf(readMessage(answer), 1)!);
    const id = prepared.get(1)?.[0] as bigint ?? 0n;
    await this.client.call("UnprepareQuery", message([[1, id]]));
    return prepared.get(4) as Uint8Array[] ?? [];
  }

  /** Computes a select on the rows of the catalog. */
  async evaluate(select: string, catalog: Catalog): Promise<Table> {
    const columns = await this.columns(select, catalog);
    const contents = [...catalog.tables].map(([name, { rows }]): Field => {
      const data = rows.map((row): Field => [1, row]);
      return [7, [[1, name], [2, [[1, message(data)]]]]];
    });
    const answer = await this.client.call(
      "EvaluateQuery",
      message([
        [1, select],
        [2, OPTIONS],
        [4, catalogMessage(catalog)],
        ...contents,
      ]),
    );
    const content = bytesOf(readMessage(answer), 1) ?? new Uint8Array();
    const data = bytesOf(readMessage(content), 1) ?? new Uint8Array();
    return { columns, rows: readMessage(data).get(1) as Uint8Array[] ?? [] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.keeper.stdin.close();
    await this.keeper.status;
  }
}

const PRODUCT_EXTERNAL = 1;
const ERROR_ON_ONE_LINE = 1;

/** The language as BigQuery speaks it. */
const LANGUAGE = message([
  [3, PRODUCT_EXTERNAL],
  ...ENABLED_FEATURES.map((feature): Field => [5, feature]),
  ...STATEMENT_KINDS.map((kind): Field => [6, kind]),
  [8, "QUALIFY"],
]);

const OPTIONS = message([
  [1, LANGUAGE],
  [6, ERROR_ON_ONE_LINE],
  [7, "UTC"],
]);

function catalogMessage({ tables, variables }: Catalog): Uint8Array {
  return message([
    [1, "catalog"],
    ...[...tables].map(([name, { columns }]): Field => [
      2,
      [[1, name], ...columns.map((column): Field => [4, column])],
    ]),
    // All functions that the language has.
    [5, [[1, LANGUAGE]]],
    ...[...variables].map(([name, { type, value }]): Field => [
      10,
      [[1, name], [2, type], [3, value ?? new Uint8Array()]],
    ]),
  ]);
}

async function reachable(port: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (true) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(
          `Cannot reach ZetaSQL on port ${port}: expected it within 20 s`,
          { cause: error },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
