/** Puts a large object in parts: visible only when all are there, and nothing is left when it fails. */
import type { S3Client } from "./s3_client.ts";
import { S3Error } from "./s3_errors.ts";
import {
  changedSource,
  isUnchanged,
  type Part,
  readParts,
  type Source,
} from "./s3_source.ts";

/** So many parts are on their way at once, and one more is in memory. */
const PARTS_AT_ONCE = 4;

/** An upload of a process that lives is younger than this. */
const ABANDONED_MS = 24 * 3600 * 1000;

/** What is to be put, and where. */
export interface Upload {
  key: string;
  /** Of the store, for errors. */
  label: string;
  metadata: Record<string, string>;
  source: Source;
}

interface OpenUpload {
  Key: string;
  UploadId: string;
}

type Sent = { PartNumber: number; ETag: string; ChecksumCRC32: string };

/** Puts an object in parts, if there is none under its key. */
export async function putInParts(
  client: S3Client,
  upload: Upload,
): Promise<void> {
  const { key, label, metadata } = upload;
  const { UploadId } = await client.call("create", {
    what: `begin to put "${key}" into ${label}`,
    input: { Key: key, Metadata: metadata, ChecksumAlgorithm: "CRC32" },
    whole: ({ UploadId }) => UploadId !== undefined,
  });
  const open: OpenUpload = { Key: key, UploadId: UploadId! };
  try {
    const parts = await sendParts(client, upload, open);
    await client.call("complete", {
      what: `put "${key}" into ${label}`,
      input: { ...open, IfNoneMatch: "*", MultipartUpload: { Parts: parts } },
      whole: ({ ETag }) => ETag !== undefined,
    });
  } catch (error) {
    // It failed already: that it cannot be taken back either is not the news.
    await takeBack(client, open).catch(() => {});
    throw error;
  }
}

/** Takes back what nobody can end any more: other uploads under a key that has its object. */
export async function takeBackUploadsOf(
  client: S3Client,
  key: string,
): Promise<void> {
  await takeBackUploads(client, key, (open) => open.Key === key);
}

/** Takes back uploads under a prefix that were begun more than a day ago. */
export async function takeBackAbandoned(
  client: S3Client,
  prefix: string,
): Promise<void> {
  const longest_ago = Date.now() - ABANDONED_MS;
  await takeBackUploads(
    client,
    prefix,
    (_, begun_at) => begun_at.getTime() < longest_ago,
  );
}

/** Housekeeping: where listing uploads is not allowed, or not possible, they stay. */
async function takeBackUploads(
  client: S3Client,
  prefix: string,
  isMeant: (open: OpenUpload, begun_at: Date) => boolean,
): Promise<void> {
  try {
    for await (const { open, begun_at } of openUploads(client, prefix)) {
      if (isMeant(open, begun_at)) await takeBack(client, open);
    }
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
  }
}

async function* openUploads(
  client: S3Client,
  prefix: string,
): AsyncGenerator<{ open: OpenUpload; begun_at: Date }> {
  let from: { KeyMarker?: string; UploadIdMarker?: string } = {};
  while (true) {
    const page = await client.call("list_uploads", {
      what: `list the open uploads under "${prefix}"`,
      input: { Prefix: prefix, ...from },
      whole: ({ IsTruncated }) => IsTruncated !== undefined,
    });
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Key || !UploadId || !Initiated) continue;
      yield { open: { Key, UploadId }, begun_at: Initiated };
    }
    const { NextKeyMarker, NextUploadIdMarker } = page;
    const is_last = !page.IsTruncated || !NextKeyMarker ||
      NextKeyMarker === from.KeyMarker &&
        NextUploadIdMarker === from.UploadIdMarker;
    if (is_last) return;
    from = { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker };
  }
}

async function takeBack(client: S3Client, open: OpenUpload): Promise<void> {
  try {
    await client.call("abort", {
      what: `take back the upload of "${open.Key}"`,
      input: open,
    });
  } catch (error) {
    if (!(error instanceof S3Error && error.is_absent)) throw error;
  }
}

async function sendParts(
  client: S3Client,
  { key, label, source }: Upload,
  open: OpenUpload,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  const on_their_way = new Set<Promise<void>>();
  const send = async (part: Part) => {
    const { number, bytes, checksum: ChecksumCRC32 } = part;
    const { ETag } = await client.call("put_part", {
      what: `put part ${number} of "${key}" into ${label}`,
      input: { ...open, PartNumber: number, Body: bytes, ChecksumCRC32 },
      whole: ({ ETag }) => ETag !== undefined,
    }).catch((error) => {
      throw isUnchanged(part) ? error : changedSource();
    });
    sent[number - 1] = { PartNumber: number, ETag: ETag!, ChecksumCRC32 };
  };
  try {
    for await (const part of readParts(source)) {
      while (on_their_way.size >= PARTS_AT_ONCE) {
        await Promise.race(on_their_way);
      }
      const sending = send(part).then(() => void on_their_way.delete(sending));
      on_their_way.add(sending);
      // Whoever waits for it later hears of it; until then nobody does.
      sending.catch(() => {});
    }
    await Promise.all(on_their_way);
  } finally {
    // A part that comes after the upload was taken back would stay for ever.
    await Promise.allSettled(on_their_way);
  }
  return sent;
}
