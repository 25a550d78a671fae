/**
 * postgres: starts the embedded PostgreSQL server and prints its address.
 *
 *   deno task postgres
 *   deno task postgres --stop
 *
 * The data lives under SLUICE_HOME; jobs start the server by themselves.
 */
import { main } from "../lib/cli/main.ts";
import { print } from "../lib/cli/output.ts";
import {
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from "../lib/warehouse/embedded_postgres.ts";

await main(
  { flags: { stop: { kind: "switch", help: "--stop               stop it" } } },
  async ({ switches, settings, report }) => {
    const { home } = settings();
    await Deno.mkdir(home, { recursive: true });
    const folder = `${await Deno.realPath(home)}/postgres`;
    if (switches.stop) {
      const stopped = await stopEmbeddedPostgres(folder);
      return report.line(stopped ? "stopped" : "was not running");
    }
    const server = await startEmbeddedPostgres({ folder });
    report.line(server.started ? "started" : "was running already");
    print(Deno.stdout, server.printable_url);
  },
);
