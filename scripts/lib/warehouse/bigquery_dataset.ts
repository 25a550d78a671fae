/** A dataset as a whole: whether it is there, and what it holds. */
import { ApiError, type BigqueryApi } from "./bigquery_api.ts";
import type { Relation } from "./warehouse.ts";

const TABLES_PER_PAGE = "1000";

/** Whether the dataset of this warehouse is there. */
export async function isDatasetThere(api: BigqueryApi): Promise<boolean> {
  const { dataset } = api.place;
  const call = { method: "GET", path: `/datasets/${dataset}` } as const;
  return await unless(404, api.call(call)) !== undefined;
}

/** Makes the dataset, unless it is there. */
export async function makeDataset(api: BigqueryApi): Promise<void> {
  const { project, dataset, location } = api.place;
  const datasetReference = { projectId: project, datasetId: dataset };
  const json = { datasetReference, location };
  await unless(409, api.call({ method: "POST", path: "/datasets", json }));
}

/** Removes the dataset with all that it holds, if it is there. */
export async function removeDataset(api: BigqueryApi): Promise<void> {
  const path = `/datasets/${api.place.dataset}`;
  const query = { deleteContents: "true" };
  await unless(404, api.call({ method: "DELETE", path, query }));
}

/** The tables and views of the dataset. */
export async function relationsOf(api: BigqueryApi): Promise<Relation[]> {
  const relations: Relation[] = [];
  const path = `/datasets/${api.place.dataset}/tables`;
  let query: Record<string, string> = { maxResults: TABLES_PER_PAGE };
  while (true) {
    const page = await unless(404, api.call({ method: "GET", path, query }));
    for (const { tableReference, type } of page?.body.tables ?? []) {
      const kind = type.includes("VIEW") ? "view" : "table";
      relations.push({ name: tableReference.tableId, kind });
    }
    const token = page?.body.nextPageToken;
    if (!token) return relations;
    query = { ...query, pageToken: token };
  }
}

async function unless<T>(
  status: number,
  answer: Promise<T>,
): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === status) return undefined;
    throw error;
  }
}
