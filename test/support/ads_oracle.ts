/** Knows every ad that the API gave, and says where each of them must be. */
import { assert, assertEquals } from "@std/assert";
import type { Ad } from "../../data/ads/sample.ts";
import type { AdsWorld } from "./ads_world.ts";
import { liveRows, objectRows, type Rows } from "./archive_world.ts";

/** Where the ads are now: the texts of the rows in the table, and of those away. */
export interface Places {
  live: Rows;
  away: Rows;
}

/** Remembers what it saw: a row that was there once is never lost or changed. */
export class AdsOracle {
  readonly #seen: Rows = new Map();

  constructor(readonly world: AdsWorld) {}

  /**
   * Every row is in the table, or in an object that has a receipt and holds it;
   * it is made of what the API gave; none that was seen before is missing.
   */
  async assertSound(note = ""): Promise<Places> {
    const { world } = this;
    const given = new Map<string, Ad>();
    for (const { number, ad_ids } of world.api.calls) {
      if (!ad_ids.length) continue;
      for (const ad of JSON.parse(world.api.textOf(number)) as Ad[]) {
        given.set(ad.ad_id, ad);
      }
    }
    const answers = new Map<string, Ad[]>();
    for (const [batch, text] of await world.objects()) {
      answers.set(batch, JSON.parse(text));
    }
    const places = await whereAdsAre(world, note);
    const rows: Rows = new Map([...places.live, ...places.away]);
    for (const [ad_id, body] of rows) {
      const row = JSON.parse(body);
      const ad = given.get(ad_id);
      assert(ad, `${note}: ${ad_id} came from nowhere`);
      assertEquals(asAd(row), ad, note);
      const in_answer = answers.get(row.batch)?.[row.line_number - 1];
      assertEquals(in_answer?.ad_id, ad_id, `${note}: it is not in its batch`);
    }
    for (const [ad_id, body] of this.#seen) {
      assertEquals(rows.get(ad_id), body, `${note}: ${ad_id} was there`);
    }
    rows.forEach((body, ad_id) => this.#seen.set(ad_id, body));
    return places;
  }

  /** As above; and what a run has taken of the API is all there, backed up and loaded. */
  async assertAllThere(
    note = "",
    calls = this.world.api.calls,
  ): Promise<Places> {
    const { world } = this;
    const places = await this.assertSound(note);
    const answers = [...(await world.objects()).values()];
    for (const { number, ad_ids } of calls) {
      if (!ad_ids.length) continue;
      const text = world.api.textOf(number);
      const copies = answers.filter((answer) => answer === text);
      assertEquals(copies.length, 1, `${note}: call ${number} in the store`);
      for (const ad_id of ad_ids) {
        const is_there = places.live.has(ad_id) || places.away.has(ad_id);
        assert(is_there, `${note}: ${ad_id} of call ${number} is lost`);
      }
    }
    assertEquals(await world.rows("select 1 from staging_backup"), [], note);
    assertEquals(world.spooled(), [], note);
    return places;
  }

  /** The names of the batches sort as the API was called, and none is there twice. */
  async assertInOrder(note = ""): Promise<void> {
    const { world } = this;
    const texts = world.api.calls.filter(({ ad_ids }) => ad_ids.length)
      .map(({ number }) => world.api.textOf(number));
    const objects = await world.objects();
    assertEquals([...objects.values()], texts, note);
    const merged = await world.rows(
      `select batch from sluice_batch_events
       where job = 'ads' and event = 'merged' order by batch`,
    );
    assertEquals(merged.map(({ batch }) => batch), [...objects.keys()], note);
  }
}

async function whereAdsAre(world: AdsWorld, note: string): Promise<Places> {
  const { environment } = world;
  const live = await liveRows(environment);
  const away: Rows = new Map();
  const listed = await world.rows("select ad_id, object from archived_ads");
  const objects = new Map<string, Rows>();
  for (const { ad_id, object } of listed as Record<string, string>[]) {
    if (!objects.has(object)) {
      objects.set(object, await objectRows(environment, object));
    }
    const body = objects.get(object)!.get(ad_id);
    assert(body, `${note}: ${ad_id} is not in ${object}`);
    assert(!live.has(ad_id), `${note}: ${ad_id} is in both`);
    away.set(ad_id, body!);
  }
  return { live, away };
}

/** A row of the table as the API would have given it. */
function asAd(row: Record<string, unknown>): Ad {
  const { ad_id, ad_group, ad_campaign, is_campaign_known, ad_scheme } = row;
  return {
    ad_id,
    ad_group,
    ad_campaign: is_campaign_known ? ad_campaign : "__unknown",
    shown_at: Date.parse(row.shown_at as string) / 1000,
    ...(ad_scheme === null ? {} : { ad_scheme }),
  } as Ad;
}
