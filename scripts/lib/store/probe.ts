/** Tries whether a store can do what it must: not every server that speaks S3 keeps its promises. */
import { createHash } from "node:crypto";
import type { S3Client } from "./s3_client.ts";
import { S3Error } from "./s3_errors.ts";
import type { Ability } from "./store.ts";

/** The folder that is tried: its key in the bucket, and the store's label. */
export interface Probed {
  folder: string;
  label: string;
}

const FIRST = "A probe: whoever reads this put it here first.\n";
const SECOND = "A probe: whoever reads this overwrote the first.\n";

/** Lets a folder be used that was tried before, or can do everything now. */
export async function refuseUnable(
  client: S3Client,
  probed: Probed,
): Promise<void> {
  if (await isThere(client, probed, `${probed.folder}/.probe`)) return;
  const unable = (await probeAbilities(client, probed)).find(({ ok }) => !ok);
  if (!unable) return;
  throw new Error(
    `Cannot use ${probed.label}: expected a store that can ${unable.name}, found ${unable.reason}: ${unable.advice}`,
  );
}

/** Tries everything; the note that it was tried is put only when all is well. */
export async function probeAbilities(
  client: S3Client,
  probed: Probed,
): Promise<Ability[]> {
  const abilities: Ability[] = [];
  for (const attempt of [tryConditional, tryChecksum, tryReading, tryListing]) {
    abilities.push(await attempt(client, probed));
  }
  if (abilities.every(({ ok }) => ok)) {
    await isNew(client, probed, { name: ".probe", text: FIRST });
  }
  return abilities;
}

const ELSEWHERE =
  "use another store: this one loses or changes objects in silence";

async function tryConditional(
  client: S3Client,
  probed: Probed,
): Promise<Ability> {
  const name = ".probe_first";
  // It may be there from an earlier probe, or from one at this moment.
  await isNew(client, probed, { name, text: FIRST });
  const is_overwritten = await isNew(client, probed, { name, text: SECOND });
  return {
    name: "put without overwriting",
    ok: !is_overwritten,
    reason: is_overwritten
      ? "that it overwrites an object silently, although asked not to (If-None-Match)"
      : "that an object is not overwritten",
    advice: ELSEWHERE,
  };
}

async function tryChecksum(
  client: S3Client,
  probed: Probed,
): Promise<Ability> {
  const Key = `${probed.folder}/.probe_checksum`;
  let refused = false;
  try {
    await client.call("put", {
      what: `try checksums in ${probed.label}`,
      input: { Key, Body: bytes(FIRST), ChecksumSHA256: base64(SECOND) },
      tries: 1,
    });
  } catch (error) {
    if (!(error instanceof S3Error && error.status === 400)) throw error;
    refused = true;
  }
  return {
    name: "refuse a wrong checksum",
    ok: refused,
    reason: refused
      ? "that bytes with a wrong checksum are refused"
      : "that it takes bytes whose checksum is wrong (x-amz-checksum-sha256)",
    advice: ELSEWHERE,
  };
}

async function tryReading(client: S3Client, probed: Probed): Promise<Ability> {
  const Key = `${probed.folder}/.probe_first`;
  const { label } = probed;
  const { ContentLength = 0, Body } = await client.call("get", {
    what: `read "${Key}" in ${label}`,
    input: { Key },
  });
  const ok = await text(client, Body, ContentLength) === FIRST;
  return {
    name: "read what was written",
    ok,
    reason: ok
      ? "what was written, at once"
      : "other bytes than those that were written",
    advice: ELSEWHERE,
  };
}

async function tryListing(client: S3Client, probed: Probed): Promise<Ability> {
  const { folder, label } = probed;
  const { Contents = [] } = await client.call("list", {
    what: `list "${folder}/" in ${label}`,
    input: { Prefix: `${folder}/.probe`, Delimiter: "/" },
    whole: ({ IsTruncated }) => IsTruncated !== undefined,
  });
  const ok = Contents.some(({ Key }) => Key === `${folder}/.probe_first`);
  return {
    name: "list what was written",
    ok,
    reason: ok
      ? "what was written, at once"
      : "a listing without what was written",
    advice: ELSEWHERE,
  };
}

async function isThere(
  client: S3Client,
  { label }: Probed,
  Key: string,
): Promise<boolean> {
  try {
    // Not "head": its errors have no words.
    const what = `read "${Key}" in ${label}`;
    const { Body, ContentLength = 0 } = await client.call("get", {
      what,
      input: { Key },
    });
    await text(client, Body, ContentLength);
    return true;
  } catch (error) {
    if (error instanceof S3Error && error.is_absent) return false;
    throw error;
  }
}

/** Puts a small object if there is none; an answer that was lost counts as found. */
async function isNew(
  client: S3Client,
  { folder, label }: Probed,
  { name, text }: { name: string; text: string },
): Promise<boolean> {
  const Key = `${folder}/${name}`;
  try {
    await client.call("put", {
      what: `put "${Key}" into ${label}`,
      input: {
        Key,
        Body: bytes(text),
        ChecksumSHA256: base64(text),
        IfNoneMatch: "*",
      },
    });
    return true;
  } catch (error) {
    if (error instanceof S3Error && error.is_conflict) return false;
    throw error;
  }
}

async function text(
  client: S3Client,
  body: unknown,
  size: number,
): Promise<string> {
  let text = "";
  for await (
    const chunk of client.read(body as AsyncIterable<Uint8Array>, size)
  ) text += new TextDecoder().decode(chunk);
  return text;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function base64(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
