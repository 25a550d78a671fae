/** The ads job, an API that it asks, and a warehouse and a store of one test's own. */
import { assert, assertEquals } from "@std/assert";
import { moveBatches } from "../../scripts/lib/run/batches.ts";
import { instantName } from "../../scripts/lib/store/batch_name.ts";
import { openStore } from "../../scripts/lib/store/open_store.ts";
import {
  type AdsApi,
  type AdsApiOptions,
  startAdsApi,
} from "../standins/ads_api.ts";
import { type Environment, makeEnvironment } from "./environment.ts";
import { quietContext } from "./quiet_context.ts";
import { type Finished, type Started, startPosts } from "./sluice_process.ts";

/** Stands in every address; nothing that a run leaves or says may hold it. */
export const CANARY = "canary7f3a";

/** A run of the ads job, or of another one of its pipeline, as a test wants it. */
export interface AdsRun {
  script?: "ads" | "ads_archive" | "ads_restore";
  flags?: string[];
  env?: Record<string, string>;
}

/** All that a test of the ads job needs; disposing ends it. */
export class AdsWorld {
  private constructor(
    readonly environment: Environment,
    readonly api: AdsApi,
  ) {}

  /** In an environment of its own, unless one is given. */
  static async make(
    options: AdsApiOptions = {},
    environment?: Environment,
  ): Promise<AdsWorld> {
    environment ??= await makeEnvironment("postgres");
    const api = await startAdsApi({ ads_per_answer: 20, ...options });
    return new AdsWorld(environment, api);
  }

  start({ script = "ads", flags, env }: AdsRun = {}): Started {
    return startPosts(this.environment, {
      script,
      files: [],
      flags,
      env: { ADS_API_URL: this.address, ...env },
    });
  }

  /** Runs the job once; what it says holds no secret. */
  async run(run: AdsRun = {}): Promise<Finished> {
    const finished = await this.start(run).finished;
    assert(!finished.stderr.includes(CANARY), finished.stderr);
    return finished;
  }

  /** Runs the job and expects this exit code. */
  async expect(exit: number, run: AdsRun = {}): Promise<string> {
    const finished = await this.run(run);
    assertEquals(finished.exit, exit, finished.stderr);
    return finished.stderr;
  }

  get address(): string {
    return this.api.url.replace("//", `//anna:${CANARY}@`) +
      `/ads?key=${CANARY}`;
  }

  /** As `deno task batches take-back ads <batch>` does. */
  async takeBack(batch: string): Promise<void> {
    const context = quietContext(this.environment);
    const action = "take-back";
    await moveBatches({ job: "ads", action, batches: [batch], context });
  }

  rows(query: string) {
    return this.environment.rows(query);
  }

  /** The texts of the objects in a folder of the store, by their names in order. */
  async objects(folder = "backup"): Promise<Map<string, string>> {
    const store = openStore(this.environment.settings.store_url);
    const found = new Map<string, string>();
    for await (const key of store.list(folder)) {
      const parts = await Array.fromAsync(store.get(key), (one) => one.slice());
      const text = await new Blob(parts as BlobPart[]).text();
      found.set(key.slice(folder.length + 1), text);
    }
    return found;
  }

  get spool_folder(): string {
    return `${this.environment.folder}/spool/ads/backup`;
  }

  /** The names of what waits in the spool. */
  spooled(): string[] {
    try {
      return [...Deno.readDirSync(this.spool_folder)].map(({ name }) => name)
        .sort();
    } catch {
      return [];
    }
  }

  /** Lets time pass for what waits in the spool. */
  async ageSpool(minutes: number): Promise<void> {
    for (const name of this.spooled()) {
      const path = `${this.spool_folder}/${name}`;
      const text = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, aged(text, minutes));
      const at = new Date(
        name.replace(/^(....)(..)(..)T(..)(..)(.{6}Z).*$/, "$1-$2-$3T$4:$5:$6"),
      );
      const older = instantName(at.getTime() - minutes * 60_000);
      await Deno.rename(path, `${this.spool_folder}/${older}${name.slice(20)}`);
    }
  }

  /** Lets time pass for what is landed in a folder. */
  async ageLanded(minutes: number): Promise<void> {
    const folder = `${this.environment.folder}/store/backup`;
    for (const name of (await this.objects()).keys()) {
      const at = new Date(
        name.replace(/^(....)(..)(..)T(..)(..)(.{6}Z).*$/, "$1-$2-$3T$4:$5:$6"),
      );
      const older = instantName(at.getTime() - minutes * 60_000) +
        name.slice(20);
      const note = await Deno.readTextFile(`${folder}/.notes/${name}`);
      await Deno.writeTextFile(
        `${folder}/.notes/${older}`,
        aged(note, minutes),
      );
      await Deno.remove(`${folder}/.notes/${name}`);
      await Deno.rename(`${folder}/${name}`, `${folder}/${older}`);
    }
  }

  /** Everything that the API gave is in the store byte for byte, and in the table once. */
  async assertAllThere(note = ""): Promise<void> {
    const served = this.api.calls.filter(({ ad_ids }) => ad_ids.length);
    const texts = served.map(({ number }) => this.api.textOf(number));
    const objects = await this.objects();
    assertEquals([...objects.values()].sort(), texts.sort(), note);
    const ads = await this.rows("select ad_id from ads order by ad_id");
    const ids = new Set(served.flatMap(({ ad_ids }) => ad_ids));
    assertEquals(ads.map(({ ad_id }) => ad_id), [...ids].sort(), note);
    const merged = await this.rows(
      "select batch from sluice_batch_events where event = 'merged' order by batch",
    );
    assertEquals(merged.map(({ batch }) => batch), [...objects.keys()], note);
    assertEquals(await this.rows("select 1 from staging_backup"), [], note);
    assertEquals(this.spooled(), [], note);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.stop();
    await this.environment[Symbol.asyncDispose]();
  }
}

/** The same text with instants of today that are so many minutes older. */
function aged(text: string, minutes: number): string {
  return text.replace(
    /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/,
    (at) => new Date(Date.parse(at) - minutes * 60_000).toISOString(),
  );
}
