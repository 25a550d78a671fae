/**
 * standin:ads: serves invented ads, new ones on every call, as the real API does.
 *
 *   deno task standin:ads --port 8099
 *   ADS_API_URL=http://127.0.0.1:8099 deno task ads
 *
 * The first line that it prints is its address. GET /calls tells what it gave to
 * whom; PUT /behave with a list such as ["503", "429:120", "cut"] tells what it
 * shall do on its next calls. What it can do is in test/standins/behaviour.ts.
 */
import { UsageError } from "../../scripts/lib/cli/inputs.ts";
import { main } from "../../scripts/lib/cli/main.ts";
import { print } from "../../scripts/lib/cli/output.ts";
import { startAdsApi } from "./ads_api.ts";

await main(
  {
    flags: {
      port: {
        kind: "text",
        help: "--port <number>      a free one when left out",
      },
      seed: {
        kind: "text",
        help: "--seed <number>      the same ads each time it is started",
      },
      ads: {
        kind: "text",
        help: "--ads <number>       ads in an answer, 100 when left out",
      },
      now: {
        kind: "text",
        help: "--now <instant>      ads were shown in the day before it",
      },
      "repeat-share": {
        kind: "text",
        help: "--repeat-share <n>   of 100 ads, n are ads of earlier answers",
      },
      behave: {
        kind: "text",
        help: "--behave <list>      such as 503,cut: what it does first",
      },
    },
  },
  async ({ texts }) => {
    const api = await startAdsApi({
      port: number("port", texts.port),
      seed: number("seed", texts.seed),
      ads_per_answer: number("ads", texts.ads),
      repeat_share: number("repeat-share", texts["repeat-share"]),
      now_ms: instant(texts.now),
      behave: behaviours(texts.behave),
    });
    print(Deno.stdout, api.url);
    await new Promise(() => {});
  },
);

function number(name: string, text?: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(
    `Cannot start: expected --${name} to be a whole number, found "${text}"`,
  );
}

/** With commas between, or as the list that PUT /behave takes. */
function behaviours(text?: string): string[] | undefined {
  return text?.startsWith("[") ? JSON.parse(text) : text?.split(",");
}

function instant(text?: string): number | undefined {
  if (text === undefined) return undefined;
  const at_ms = Date.parse(text);
  if (!Number.isNaN(at_ms)) return at_ms;
  throw new UsageError(
    `Cannot start: expected --now to be an instant such as 2026-01-05T06:12:00Z, found "${text}"`,
  );
}
