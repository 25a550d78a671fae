/** One upload by the bare SDK: `upload.ts <file> <bucket> <key>`. */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

const [path, bucket, key] = Deno.args;
const client = new S3Client({ forcePathStyle: true });
const body = await Deno.readFile(path);
await client.send(
  new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }),
);
client.destroy();
