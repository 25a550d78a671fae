/** A place of the ads pipeline in which every secret that there can be is set, and known. */
import { assert, assertEquals } from "@std/assert";
import { openWarehouse } from "../../scripts/lib/warehouse/open_warehouse.ts";
import { type AdsApi, startAdsApi } from "../standins/ads_api.ts";
import { type Environment, makeEnvironment } from "./environment.ts";
import { S3Server } from "./s3_server.ts";
import { runTask, type Told } from "./told.ts";

/** Stands in every secret, and nowhere else. */
const CANARY = "canary";
/** Characters that an address has to encode: both spellings are searched for. */
const PASSWORD = `${CANARY} pg:/@%7f`;

/** The servers, and what is needed to reach them. */
export class SecretPlace {
  private constructor(
    readonly environment: Environment,
    readonly api: AdsApi,
    readonly server: S3Server,
    readonly role: string,
    readonly bucket: string,
  ) {}

  static async make(): Promise<SecretPlace> {
    const environment = await makeEnvironment("postgres");
    const server = await S3Server.start();
    const place = new SecretPlace(
      environment,
      await startAdsApi({ ads_per_answer: 20 }),
      server,
      `reader_${crypto.randomUUID().slice(0, 8)}`,
      await server.makeBucket(),
    );
    await place.#execute(
      `create role ${place.role} login superuser password '${PASSWORD}'`,
    );
    return place;
  }

  /** The variables of a user whose every address has a password. */
  get variables(): Record<string, string> {
    const endpoint = withUser(this.server.endpoint, `${CANARY}-endpoint`);
    return {
      ...this.server.environment(endpoint),
      SLUICE_HOME: this.environment.folder,
      ADS_STORE_URL: `s3://${this.bucket}`,
      POSTGRES_URL: this.postgresUrl(PASSWORD),
      ADS_API_URL: withUser(`${this.api.url}/ads`, `${CANARY}-api`) +
        `?key=${CANARY}-key`,
    };
  }

  /** The address of the warehouse, with this password in it. */
  postgresUrl(password: string): string {
    const url = new URL(this.environment.settings.postgres_url!);
    url.username = this.role;
    url.password = encodeURIComponent(password);
    return url.href;
  }

  /** Runs a task; what it says has no secret in it. */
  async run(
    args: string[],
    { exit, env = {} }: { exit?: number; env?: Record<string, string> },
  ): Promise<Told> {
    const told = await runTask(args, { ...this.variables, ...env });
    const note = `${args.join(" ")}: ${told.text}`;
    assertEquals(secretsIn(told.text), [], note);
    if (exit !== undefined) assertEquals(told.exit, exit, note);
    return told;
  }

  /** No table, object, note of an object, or file on the way holds a secret. */
  async assertNothingKept(): Promise<void> {
    const tables = await this.environment.rows(
      `select relname as name from pg_class
       where relnamespace = current_schema()::regnamespace and relkind = 'r'`,
    );
    assert(tables.length > 5);
    for (const { name } of tables) {
      const rows = await this.environment.rows(
        `select cast(${name} as text) as line from ${name}`,
      );
      const text = rows.map(({ line }) => line).join("\n");
      assertEquals(secretsIn(text), [], `table ${name}`);
    }
    const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
    const client = await this.server.client();
    const keys = await this.server.keys(this.bucket);
    for (const Key of keys) {
      const command = new HeadObjectCommand({ Bucket: this.bucket, Key });
      const { Metadata, ContentType } = await client.send(command);
      const note = JSON.stringify([Key, Metadata, ContentType]);
      assertEquals(secretsIn(note), [], note);
    }
    client.destroy();
    const folders = keys.map((key) => key.split("/")[0]);
    assertEquals([...new Set(folders)], ["archive", "backup"]);
    for (const folder of [this.environment.folder, this.server.folder]) {
      const { stdout } = await new Deno.Command("grep", {
        args: ["-rla", ...spellings().flatMap((one) => ["-e", one]), folder],
      }).output();
      assertEquals(new TextDecoder().decode(stdout), "");
    }
  }

  /** How many answers wait on this machine for a store that works. */
  spooled(): number {
    const folder = `${this.environment.folder}/spool/ads/backup`;
    return [...Deno.readDirSync(folder)].length;
  }

  async #execute(statement: string): Promise<void> {
    const { settings } = this.environment;
    const warehouse = await openWarehouse("postgres", settings);
    await warehouse.execute(statement);
    await warehouse.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.stop();
    await this.#execute(`reassign owned by ${this.role} to current_user`);
    await this.#execute(`drop role ${this.role}`);
    await this.environment[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

function withUser(address: string, password: string): string {
  return address.replace("//", `//anna:${password}@`);
}

/** A secret is known by its canary, also as a header or a parameter spells it. */
function spellings(): string[] {
  const users = ["api", "endpoint"].map((name) =>
    btoa(`anna:${CANARY}-${name}`).slice(0, -4)
  );
  return [CANARY, ...users];
}

/** The spellings of secrets that stand in a text. */
function secretsIn(text: string): string[] {
  return spellings().filter((one) => text.includes(one));
}
