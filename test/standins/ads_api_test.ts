/** The stand-in for the ads API behaves well, and badly when it is asked to. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Ad } from "../../data/ads/sample.ts";
import { type AdsApi, type AdsApiOptions, startAdsApi } from "./ads_api.ts";
import { BEHAVIOURS } from "./behaviour.ts";

const NOW = Date.UTC(2026, 0, 5, 6, 12);

/** Starts an API, and a client that keeps no connection. */
async function withApi(
  options: AdsApiOptions,
  use: (api: AdsApi, get: (init?: RequestInit) => Promise<Response>) => unknown,
): Promise<void> {
  await using api = await startAdsApi(options);
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    await use(api, (init) => fetch(api.url, { ...init, client }));
  } finally {
    client.close();
  }
}

Deno.test("every call gives new ads, the same for the same seed", async () => {
  const texts: string[][] = [];
  for (const seed of [5, 5, 6]) {
    await withApi({ seed, now_ms: NOW }, async (api, get) => {
      const answers = [await get(), await get()];
      assertEquals(answers[0].headers.get("content-type"), "application/json");
      texts.push(await Promise.all(answers.map((answer) => answer.text())));
      const ids = texts.at(-1)!.flatMap((text) => JSON.parse(text) as Ad[])
        .map(({ ad_id }) => ad_id);
      assertEquals(ids.length, 200);
      assertEquals(new Set(ids).size, 200);
      assertEquals(api.calls.flatMap(({ ad_ids }) => ad_ids), ids);
      assert(api.calls.every(({ is_whole }) => is_whole));
      assertEquals(api.textOf(1), texts.at(-1)![0]);
    });
  }
  assertEquals(texts[0], texts[1]);
  assert(texts[0][0] !== texts[2][0]);
});

Deno.test("ads have the shape and the proportions of the real ones", async () => {
  await withApi(
    { seed: 1, now_ms: NOW, ads_per_answer: 5000 },
    async (_, get) => {
      const ads: Ad[] = await (await get()).json();
      const share = (is: (ad: Ad) => boolean) => ads.filter(is).length / 5000;
      const unknown = share(({ ad_campaign }) => ad_campaign === "__unknown");
      assert(unknown > 0.45 && unknown < 0.55);
      const with_scheme = share((ad) => "ad_scheme" in ad);
      assert(with_scheme > 0.05 && with_scheme < 0.2);
      assert(new Set(ads.map(({ ad_group }) => ad_group)).size >= 4);
      for (const { ad_id, ad_campaign, shown_at } of ads) {
        assert(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(ad_id));
        assert(ad_campaign === "__unknown" || Number.isInteger(ad_campaign));
        assert(/^\d{10}(\.\d\d?)?$/.test(String(shown_at)));
        const age_ms = NOW - shown_at * 1000;
        assert(age_ms > -10 && age_ms <= 86_400_010);
      }
    },
  );
});

Deno.test("a share of the ads is of earlier answers when that is wanted", async () => {
  await withApi({ seed: 1, repeat_share: 10 }, async (api, get) => {
    for (let i = 0; i < 5; i++) await (await get()).text();
    const [first, ...others] = api.calls;
    assertEquals(new Set(first.ad_ids).size, 100);
    const seen = new Set(first.ad_ids);
    for (const { ad_ids } of others) {
      assertEquals(ad_ids.filter((id) => seen.has(id)).length, 10);
      ad_ids.forEach((id) => seen.add(id));
    }
  });
});

Deno.test("control requests tell what was given and what comes next", async () => {
  await withApi({ seed: 1 }, async (api, get) => {
    const put = (body: unknown) =>
      fetch(`${api.url}/behave`, { method: "PUT", body: JSON.stringify(body) });
    const asked = await (await put(["429:120", "503", "redirect:/moved"]))
      .json();
    assertEquals(asked.waiting, 3);
    const first = await get();
    assertEquals([first.status, first.headers.get("retry-after")], [
      429,
      "120",
    ]);
    await first.text();
    const second = await get();
    assertEquals(second.status, 503);
    await second.text();
    const third = await get();
    assertEquals(third.url, `${api.url}/moved`);
    assertEquals((await third.json()).length, 100);
    const told = await (await fetch(`${api.url}/calls`)).json();
    assertEquals(told.count, 4);
    assertEquals(
      told.calls.map((call: { behaviour: string; ad_ids: string[] }) => [
        call.behaviour,
        call.ad_ids.length,
      ]),
      [["429:120", 0], ["503", 0], ["redirect:/moved", 0], ["answer", 100]],
    );
    const unknown = await put(["sulk"]);
    assertEquals(unknown.status, 400);
    assert((await unknown.text()).includes('Cannot behave like "sulk"'));
    const posted = await fetch(api.url, { method: "POST" });
    assertEquals(posted.status, 405);
    await posted.text();
  });
});

/** What a client sees of each behaviour: an error, or the text. */
const SEEN: Record<string, "whole" | "error" | RegExp> = {
  answer: "whole",
  chunked: "whole",
  unframed: "whole",
  gzip: "whole",
  again: "whole",
  "type:text/plain": "whole",
  "large:1000": "whole",
  "trickle:1000": "whole",
  gzip_cut: "error",
  reset: "error",
  reset_midway: "error",
  cut: "error",
  cut_chunked: "error",
  // Nothing tells the client that this was only a half.
  cut_unframed: /^\[\{[^\]]*$/,
  html: /^<!doctype html>/,
  not_json: /^soon/,
  object: /^\{"error"/,
  empty: /^\[\]/,
};

for (const [behaviour, seen] of Object.entries(SEEN)) {
  Deno.test(`the API can behave like "${behaviour}"`, async () => {
    const options = {
      seed: 1,
      ads_per_answer: 2,
      behave: ["answer", behaviour],
    };
    await withApi(options, async (api, get) => {
      await (await get()).text();
      const text = async () => await (await get()).text();
      if (seen === "error") await assertRejects(text);
      else if (seen === "whole") {
        const expected = await text();
        assertEquals(expected, api.textOf(2));
        const is_slow = behaviour.startsWith("trickle");
        assert(is_slow || api.calls[1].is_whole);
      } else assert(seen.test(await text()));
      if (seen !== "whole") assert(!api.calls[1].is_whole);
      // Whatever it did, it goes on.
      assertEquals(JSON.parse(await text()).length, 2);
    });
  });
}

Deno.test("the API can be slow, silent, stalled and without end", async () => {
  for (const behaviour of ["silent", "stalled", "trickle", "endless"]) {
    await withApi({ seed: 1, behave: [behaviour] }, async (api, get) => {
      const signal = AbortSignal.timeout(300);
      let bytes = 0;
      await assertRejects(async () => {
        const { body } = await get({ signal });
        for await (const chunk of body!) {
          bytes += chunk.length;
          if (bytes > 1_000_000) throw new Error("that is enough");
        }
      });
      if (behaviour === "silent") assertEquals(bytes, 0);
      if (behaviour === "trickle") assert(bytes < 10);
      if (behaviour === "endless") assert(bytes > 1_000_000);
      assert(!api.calls[0].is_whole);
    });
  }
});

Deno.test("every behaviour that has a name is tried here", () => {
  const tried = [
    ...Object.keys(SEEN).map((name) => name.split(":")[0]),
    ...["silent", "stalled", "endless", "redirect", "400..599"],
  ];
  assertEquals(tried.toSorted(), Object.keys(BEHAVIOURS).toSorted());
});
